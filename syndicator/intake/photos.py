"""The pictures a seller's file names, found in the folder that came with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
    from. Links that leave the folder are refused. Only the folders a name leads through are listed.

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
    """The files below a folder. Only folders that a name leads through are listed, each once."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve(strict=True)
        if not self._root.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder of photos")
        self._listings: dict[Path, dict[str, list[str]]] = {}

    def find(self, source: str) -> Path | Problem:
        """Return where ``source`` is, or what is wrong with it."""
        places = [self._root]
        for part in PurePosixPath(source).parts:
            places = [found for place in places for found in self._alike(place, part)]
        if len(places) > 1:
            shown = ", ".join(sorted(str(place.relative_to(self._root)) for place in places)[:_SHOWN_NAMES])
            return problem(Column.IMAGE_FILES, "image_name_ambiguous", value=source, found=shown)
        path = places[0].resolve() if places else None
        if path is not None and not path.is_relative_to(self._root):
            return problem(Column.IMAGE_FILES, "image_outside_folder", value=source)
        if path is None or not path.is_file():
            return problem(Column.IMAGE_FILES, "image_missing", value=source)
        return path

    def _alike(self, folder: Path, name: str) -> list[Path]:
        """Return the entry called ``name``, else those that differ in letter case or spelling only."""
        if folder not in self._listings:
            self._listings[folder] = self._listing(folder)
        names = self._listings[folder].get(_loosely(name), [])
        return [folder / found for found in ([name] if name in names else names)]

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        entries: dict[str, list[str]] = defaultdict(list)
        # A linked folder outside is not even listed.
        if folder.is_dir() and folder.resolve().is_relative_to(self._root):
            for entry in folder.iterdir():
                entries[_loosely(entry.name)].append(entry.name)
        return entries


def _loosely(name: str) -> str:
    return normalize_thai(name).casefold()
