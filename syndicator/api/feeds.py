"""The files that markets read. Their address cannot be guessed, and nothing lists them."""

import hashlib
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import Header, HTTPException, Path, Request
from fastapi.responses import Response

from syndicator.media.storage import StorageError

PATH = "/feeds/{account}/{token}/{filename}"
_TYPES = {
    "xml": "application/xml",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def feed(
    request: Request,
    account: Annotated[int, Path(ge=1)],
    token: Annotated[str, Path(pattern=r"^[0-9a-f]{40}$")],
    filename: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]*\.(xml|csv|tsv|xlsx)$", max_length=100)],
    if_none_match: Annotated[str | None, Header()] = None,
    if_modified_since: Annotated[str | None, Header()] = None,
) -> Response:
    """Serve the file of one account as last written; 304 when the reader has it already."""
    try:
        data, written_at = request.app.state.app.media_store.read_dated(f"feeds/{account}/{token}/{filename}")
    except FileNotFoundError as exc:
        raise HTTPException(404, "no such file") from exc
    except StorageError as exc:
        raise HTTPException(503, "the store of files does not answer") from exc
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(written_at.replace(microsecond=0), usegmt=True),
        # Readers ask every time; a shared cache must not keep what only the owner of the address may see.
        "Cache-Control": "private, no-cache",
        "X-Robots-Tag": "noindex",
        "X-Content-Type-Options": "nosniff",
    }
    if _is_known(etag, written_at, if_none_match, if_modified_since):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=_TYPES[filename.rpartition(".")[2]], headers=headers)


def _is_known(etag: str, written_at: datetime, none_match: str | None, modified_since: str | None) -> bool:
    """Answer as RFC 9110 section 13.2.2 orders: the tag decides where there is one, else the date."""
    if none_match is not None:
        known = {tag.strip().removeprefix("W/") for tag in none_match.split(",")}
        return etag in known or "*" in known
    if modified_since is None:
        return False
    try:
        return written_at.replace(microsecond=0) <= parsedate_to_datetime(modified_since)
    except (ValueError, TypeError):
        return False  # Not a date, or one without a zone: RFC 9110 says to ignore it.
