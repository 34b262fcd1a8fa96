"""Picture bench: ours against pyvips and against plain Pillow, interleaved, on the same photos and outputs.

``python -m tests.bench.pictures --json FILE [--photos N]``. Every figure is measured in this run.

The rivals are written as a competent person would: pyvips by ``thumbnail_buffer`` (its documented fast path, which
scales while it decodes) once per output; Pillow by open, ``exif_transpose``, ``convert``, LANCZOS, save per output.
Both are asked for exactly the pixel sizes that ours produced, so nobody does more work than another.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyvips
from PIL import Image, ImageOps

from schemas.media import PictureSpec
from syndicator.media.limits import DecodeLimits
from syndicator.media.pipeline import RenderedPicture, render_pictures
from syndicator.media.sample_files import PhotoKind
from syndicator.media.sample_photos import make_photo, make_photos

SPECS = (
    PictureSpec(max_width=2048, max_height=2048, max_bytes=4_000_000),
    PictureSpec(max_width=1080, max_height=1080, ratio_min=1, ratio_max=1, max_bytes=900_000),
)
LARGE_IN_MEMORY = (PhotoKind.HEIC, PhotoKind.PNG, PhotoKind.TRANSPARENT, PhotoKind.WEBP, PhotoKind.TIFF)
"""Kinds that cannot be scaled while they are decoded; they set the peak memory."""
ROUNDS = 5
QUALITY = 85
MAX_AGAINST_PYVIPS = 0.7
MAX_AGAINST_PILLOW = 0.3


@dataclass(frozen=True)
class Output:
    """What every rival must make: a canvas, and whether the picture is padded onto it."""

    width: int
    height: int
    square: bool


Renderer = Callable[[bytes, Sequence[Output]], object]


def ours(source: bytes, _outputs: Sequence[Output]) -> Mapping[str, RenderedPicture]:
    return render_pictures(source, SPECS, DecodeLimits())


def vips(source: bytes, outputs: Sequence[Output]) -> list[bytes]:
    made = []
    for output in outputs:
        picture = pyvips.Image.thumbnail_buffer(source, output.width, height=output.height, size="down")
        if output.square:
            picture = picture.gravity("centre", output.width, output.height, extend="white")
        made.append(picture.jpegsave_buffer(Q=QUALITY, keep="none"))
    return made


def plain_pillow(source: bytes, outputs: Sequence[Output]) -> list[bytes]:
    made = []
    for output in outputs:
        picture = ImageOps.exif_transpose(Image.open(BytesIO(source))).convert("RGB")
        size = (output.width, output.height)
        if output.square:
            picture = ImageOps.pad(picture, size, Image.Resampling.LANCZOS, color="white")
        else:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        out = BytesIO()
        picture.save(out, "JPEG", quality=QUALITY)
        made.append(out.getvalue())
    return made


RENDERERS: dict[str, Renderer] = {"ours": ours, "pyvips": vips, "pillow": plain_pillow}


@dataclass
class Times:
    """Wall and CPU milliseconds per photo, best of the rounds, one entry per photo."""

    wall: list[float]
    cpu: list[float]


def measure(photos: Sequence[bytes], rounds: int = ROUNDS) -> dict[str, Times]:
    """Time each renderer on each photo, taking turns so that a noisy moment hits all alike."""
    times = {name: Times([], []) for name in RENDERERS}
    for photo in photos:
        outputs = _outputs(photo)
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in RENDERERS}
        for _ in range(rounds):
            for name, renderer in RENDERERS.items():
                samples[name].append(_time(renderer, photo, outputs))
        for name, taken in samples.items():
            times[name].wall.append(min(wall for wall, _ in taken))
            times[name].cpu.append(min(cpu for _, cpu in taken))
    return times


def _outputs(photo: bytes) -> list[Output]:
    made = render_pictures(photo, SPECS, DecodeLimits())
    return [
        Output(made[spec.fingerprint].width, made[spec.fingerprint].height, spec.ratio_min is not None)
        for spec in SPECS
    ]


def _time(renderer: Renderer, photo: bytes, outputs: Sequence[Output]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    renderer(photo, outputs)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def guarded_memory(photos: Sequence[Path]) -> tuple[float, float]:
    """Return the peak of the decoding process, and of it with its parent, in MB, over the photos.

    Both are fresh: this process holds the rivals' libraries, a worker does not.
    """
    specs = json.dumps([spec.model_dump() for spec in SPECS])
    command = [sys.executable, "-m", "tests.bench.picture_memory", specs, *map(str, photos)]
    peaks = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return peaks["decoder"] / 1e6, (peaks["decoder"] + peaks["worker"]) / 1e6


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def results(times: Mapping[str, Times], where: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One result per comparison, in the form of every bench: ratio below one means ours is faster."""
    found = []
    for rival, limit in (("pyvips", MAX_AGAINST_PYVIPS), ("pillow", MAX_AGAINST_PILLOW)):
        for clock in ("wall", "cpu"):
            mine, theirs = getattr(times["ours"], clock), getattr(times[rival], clock)
            value, base = statistics.median(mine), statistics.median(theirs)
            found.append(
                {
                    "name": f"pictures.12mp.all_outputs.{clock}.vs_{rival}",
                    "value": round(value, 2),
                    "unit": "ms",
                    "better": "lower",
                    "baseline": {"name": rival, "value": round(base, 2), "unit": "ms"},
                    "ratio": round(value / base, 3),
                    "target": limit,
                    "machine": dict(where),
                }
            )
    return found


def further(
    times: Mapping[str, Times], paths: Sequence[Path], where: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Pictures per CPU second, ours against pyvips; and the memory of the guarded decoder against its cap."""
    rates = {name: len(SPECS) * 1000 / statistics.median(times[name].cpu) for name in ("ours", "pyvips")}
    child, both = guarded_memory(paths)
    cap = 512.0
    return [
        {
            "name": "pictures.per_cpu_second",
            "value": round(rates["ours"], 1),
            "unit": "pictures/s",
            "better": "higher",
            "baseline": {"name": "pyvips", "value": round(rates["pyvips"], 1), "unit": "pictures/s"},
            "ratio": round(rates["ours"] / rates["pyvips"], 3),
            "machine": dict(where),
        },
        {
            "name": "pictures.guarded_decoder.peak_memory",
            "value": round(both, 1),
            "unit": "MB",
            "better": "lower",
            "baseline": {"name": "cap", "value": cap, "unit": "MB", "decoder_alone": round(child, 1)},
            "ratio": round(both / cap, 3),
            "machine": dict(where),
        },
    ]


def run(photo_count: int = 12) -> list[dict[str, Any]]:
    """Make the photos, run everything, return the results."""
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        names = [f"bench-{number:02}.jpg" for number in range(photo_count)]
        make_photos(names, Path(folder))
        paths = [Path(folder) / name for name in names]
        times = measure([path.read_bytes() for path in paths])
        for kind in LARGE_IN_MEMORY:
            make_photo(Path(folder), f"{kind}.jpg", kind)
            paths.append(Path(folder) / f"{kind}.jpg")
        return [*results(times, where), *further(times, paths, where)]


def show(found: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"{'what':44} {'ours':>10} {'baseline':>20} {'ratio':>7}"]
    for entry in found:
        base = entry["baseline"]
        lines.append(
            f"{entry['name']:44} {entry['value']:>7} {entry['unit'][:3]:3}"
            f" {base['name']:>8} {base['value']:>8} {base['unit'][:3]:3} {entry['ratio']:>7}"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--photos", type=int, default=12)
    arguments = parser.parse_args()
    found = run(arguments.photos)
    sys.stdout.write(show(found) + "\n")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    missed = [entry["name"] for entry in found if entry["ratio"] > entry.get("target", float("inf"))]
    if missed:
        sys.stderr.write(f"missed its target: {', '.join(missed)}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
