"""The goods both sides publish: real sample rows under new codes, every product with 12-megapixel photos of its own."""

import csv
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from adapters.config_files import config_dir
from schemas.ids import Sku
from syndicator.media.sample_files import PhotoKind
from syndicator.media.sample_photos import make_photo

PHOTOS_EACH = 3
"""The sample file has 2.9 photos for each product that goes live."""
_PLAIN_NAME = 100
_EVERY_CHANNEL_TAKES_G = 30_000
"""Heavier goods are refused by the market; they would not compare."""


@dataclass(frozen=True)
class Shop:
    """One seller's file; ``number`` names the sandbox accounts."""

    number: int
    file: Path
    skus: tuple[Sku, ...]


@dataclass(frozen=True)
class Workload:
    """What is published: files of products, and the folder of their photos."""

    shops: tuple[Shop, ...]
    photos: Path

    @property
    def products(self) -> int:
        return sum(len(shop.skus) for shop in self.shops)


def make_workload(folder: Path, photos: Path, *, products: int, sellers: int) -> Workload:
    """Write the files below ``folder``; make the photos that are not in ``photos`` yet."""
    header, rows = _sample_rows()
    shops = []
    for number in range(1, sellers + 1):
        count = products // sellers + (number <= products % sellers)
        own = list(_rows_of(number, islice(cycle(rows), count)))
        shops.append(_write(folder / f"seller-{number}.csv", number, header, own))
    workload = Workload(tuple(shops), photos)
    _make_missing(workload, photos)
    return workload


def photo_names(sku: str) -> list[str]:
    return [f"{sku.lower()}-{number}.jpg" for number in range(1, PHOTOS_EACH + 1)]


def _sample_rows() -> tuple[Sequence[str], list[dict[str, str]]]:
    path = config_dir() / "demo" / "community-products.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if _is_plain(row)]
        return list(reader.fieldnames or ()), rows


def _is_plain(row: dict[str, str]) -> bool:
    """Leave out variants, and the awkward goods that one channel or another refuses."""
    return (
        not row["group_sku"]
        and row["status"] == "active"
        and len(row["name_th"]) < _PLAIN_NAME
        and int(row["weight_g"]) <= _EVERY_CHANNEL_TAKES_G
    )


def _rows_of(seller: int, rows: Iterator[dict[str, str]]) -> Iterator[dict[str, str]]:
    for number, row in enumerate(rows, start=1):
        sku = f"B{seller}-{number:04}"
        own = {
            "sku": sku,
            "gtin": "",
            "compare_at_price_thb": "",
            "stock": "50",
            "image_files": "|".join(photo_names(sku)),
        }
        yield row | own


def _write(file: Path, number: int, header: Sequence[str], rows: list[dict[str, str]]) -> Shop:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, header)
        writer.writeheader()
        writer.writerows(rows)
    return Shop(number, file, tuple(Sku(row["sku"]) for row in rows))


def _make_missing(workload: Workload, photos: Path) -> None:
    """Make phone photos only: odd formats are measured by the picture bench."""
    names = [name for shop in workload.shops for sku in shop.skus for name in photo_names(sku)]
    missing = [name for name in names if not (photos / name).exists()]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        list(pool.map(_make, [photos] * len(missing), missing))


def _make(photos: Path, name: str) -> None:
    make_photo(photos, name, PhotoKind.PHONE)
