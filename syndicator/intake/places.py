"""The tambons of Thailand, from ``config/places/``; its README names the open dataset they come from."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from adapters.config_files import config_dir

_KIND: Final = re.compile(r"(?:จังหวัด|จ\.|อำเภอ|อ\.|ตำบล|ต\.)\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """One tambon with the amphoe and province it lies in. Names are without จังหวัด, อำเภอ and ตำบล."""

    code: str
    tambon: str
    amphoe: str
    province: str
    postal_code: str

    def __str__(self) -> str:
        return f"{self.tambon} {self.amphoe} {self.province}"


class Places:
    """Look-up of tambons by their official code or by their full triple of names."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._by_code = places
        self._by_names = {
            _key(place.province, place.amphoe, place.tambon): place for place in places.values()
        }

    def find(self, code: str) -> Place | None:
        """Return the tambon with the six-digit ``code``."""
        return self._by_code.get(code)

    def named(self, province: str, amphoe: str, tambon: str) -> Place | None:
        """Return the tambon with these names, written with or without what kind of place each is."""
        return self._by_names.get(_key(province, amphoe, tambon))


def same_place_name(left: str, right: str) -> bool:
    """Compare two names of a place; เขต and แขวง, which Bangkok has instead of อำเภอ and ตำบล, do not count."""
    return _bare(left) == _bare(right)


def without_kind(name: str) -> str:
    """Return a name without จังหวัด, อำเภอ or ตำบล, written out or shortened, before it."""
    return _KIND.sub("", name, count=1) if _KIND.match(name) else name


def _bare(name: str) -> str:
    return name.removeprefix("เขต").removeprefix("แขวง").strip()


def _key(province: str, amphoe: str, tambon: str) -> tuple[str, str, str]:
    return without_kind(province), _bare(without_kind(amphoe)), _bare(without_kind(tambon))


@cache
def load_places() -> Places:
    """Read the shipped tables once."""
    folder = config_dir() / "places"
    provinces = {row["province_code"]: row["province_th"] for row in _table(folder / "provinces.csv")}
    amphoes = {row["amphoe_code"]: row["amphoe_th"] for row in _table(folder / "amphoes.csv")}
    return Places(
        {
            (code := row["tambon_code"]): Place(
                code, row["tambon_th"], amphoes[code[:4]], provinces[code[:2]], row["postal_code"]
            )
            for row in _table(folder / "tambons.csv")
        }
    )


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
