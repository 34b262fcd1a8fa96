"""The pictures a seller's file names, found in the folder that came with it."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from adapters.text import normalize_thai
from schemas.ids import Sku
from schemas.problem import Problem
from syndicator.intake.columns import Column
from syndicator.intake.result import IntakeProduct
from syndicator.intake.sentences import problem

_SHOWN_NAMES: Final = 3


@dataclass(frozen=True, slots=True)
class PhotoProblem:
    """A picture that cannot be used, with the product and the line of the file it is named on."""

    sku: Sku
    line: int
    problem: Problem


class PhotoSearch(NamedTuple):
    """Where each named picture is, by the name in the file, and what is wrong. https addresses are not looked up."""

    found: Mapping[str, Path]
    problems: tuple[PhotoProblem, ...]


def find_photos(products: Iterable[IntakeProduct], folder: Path) -> PhotoSearch:
    """Find the file of every picture below ``folder``.

    Shape: a name matches the file of exactly that name; else the one file that differs only in letter case or in
    the spelling of Thai marks (phones and Windows change both). Several such files are reported, never chosen
    from. Links that leave the folder are refused. The folder is listed once.

    Raises:
        OSError: The folder cannot be read.
    """
    shelf = _Shelf(folder)
    found: dict[str, Path] = {}
    problems: list[PhotoProblem] = []
    for item in products:
        for variant in item.product.variants:
            for source in (
                media.source for media in variant.media if not media.source.startswith("https://")
            ):
                place = shelf.find(source)
                if isinstance(place, Path):
                    found[source] = place
                else:
                    problems.append(PhotoProblem(variant.sku, item.lines[variant.sku], place))
    return PhotoSearch(found, tuple(problems))


class _Shelf:
    """The files below a folder, by exact and by loose name."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve(strict=True)
        if not self._root.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder of photos")
        self._loose: dict[str, list[str]] = defaultdict(list)
        self._exact: set[str] = set()
        for name in _names(self._root):
            self._exact.add(name)
            self._loose[_loosely(name)].append(name)

    def find(self, source: str) -> Path | Problem:
        """Return where ``source`` is, or what is wrong with it."""
        name = os.path.normpath(source).replace(os.sep, "/")
        if name not in self._exact:
            alike = self._loose.get(_loosely(name), [])
            if len(alike) > 1:
                shown = ", ".join(sorted(alike)[:_SHOWN_NAMES])
                return problem(Column.IMAGE_FILES, "image_name_ambiguous", value=source, found=shown)
            if not alike:
                return problem(Column.IMAGE_FILES, "image_missing", value=source)
            name = alike[0]
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            return problem(Column.IMAGE_FILES, "image_outside_folder", value=source)
        return path if path.is_file() else problem(Column.IMAGE_FILES, "image_missing", value=source)


def _names(root: Path) -> Iterable[str]:
    """List the files below ``root`` by relative name; linked folders are not entered."""
    for folder, _, files in os.walk(root):
        for file in files:
            yield Path(folder, file).relative_to(root).as_posix()


def _loosely(name: str) -> str:
    return normalize_thai(name).casefold()
