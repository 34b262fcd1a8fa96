"""The pack for an assisted market: everything a person needs to enter one product by hand, in one ZIP."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.base import Pack, Templates
from adapters.emarket.loading import LoadedMarket
from adapters.emarket.market import Paper
from adapters.emarket.sheet import as_xlsx, rows_of
from schemas.ids import PictureKey
from schemas.listing import Rendition

_STAMP: Final = (1980, 1, 1, 0, 0, 0)
"""One date for every file in the ZIP, so that the same product gives the same names and dates."""


def build_pack(
    rendition: Rendition,
    loaded: LoadedMarket,
    templates: Templates,
    read_picture: Callable[[PictureKey], bytes],
) -> Pack:
    """Build the ZIP: a sheet with a row for each variant, the cut texts, the sized pictures and a checklist.

    Raises:
        FileNotFoundError: A picture of the rendition is not stored.
    """
    body = rendition.body
    pictures = {
        f"pictures/{n:02d}.jpg": read_picture(key) for n, key in enumerate(rendition.pictures, start=1)
    }
    columns = loaded.fields.columns
    sheet = as_xlsx(
        "สินค้า",
        [column.heading for column in columns],
        rows_of(columns, body, images=[name.partition("/")[2] for name in pictures]),
    )
    missing = missing_papers(body, loaded)
    readme = templates.render(
        "emarket/readme.th.txt.j2",
        market=loaded.market,
        body=body,
        marker=rendition.marker,
        pictures=len(pictures),
        missing=missing,
    )
    files = {
        "README.th.txt": _for_notepad(readme),
        f"{body['sku']}.xlsx": sheet,
        "title.th.txt": _for_notepad(body["title"]),
        "description.th.txt": _for_notepad(body["description"]),
        "missing-papers.th.txt": _for_notepad("\n".join(f"- {line}" for line in missing) or "ครบแล้ว"),
        **pictures,
    }
    return Pack(filename=f"{loaded.market.id}-{body['sku']}.zip", data=_zip(files))


def missing_papers(body: Mapping[str, Any], loaded: LoadedMarket) -> list[str]:
    """Return the papers and numbers a person must still find, in Thai.

    A paper without a field cannot be checked by us, so it is always on the list.
    """
    handover = loaded.market.handover
    return [paper.label_th for paper in (handover.papers if handover else ()) if _is_missing(paper, body)]


def _is_missing(paper: Paper, body: Mapping[str, Any]) -> bool:
    if paper.otop and body["facts"]["otop"] not in [group.value for group in paper.otop]:
        return False
    match paper.field:
        case None:
            return True
        case "tcps_no":
            return not body["facts"]["tcps_no"]
        case "parcel":
            return any(variant["parcel_mm"] is None for variant in body["variants"])
        case field:
            return any(not variant[field] for variant in body["variants"])


def _for_notepad(text: str) -> bytes:
    # The old Windows editor shows Thai right only with a byte order mark and CRLF.
    return text.replace("\n", "\r\n").encode("utf-8-sig")


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _STAMP)
            # A JPEG does not shrink further.
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()
