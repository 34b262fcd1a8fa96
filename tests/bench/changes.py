"""``python -m tests.bench.changes``: what one price or stock change costs, process by process.

The end-to-end bench says how fast it is; this says where the processor time goes. Its photos are small and the plain
script is not run, so a look takes half a minute.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
import structlog
from PIL import Image

from schemas.product import Product
from syndicator.cli.stack import Mode, RunningStack, start_stack
from syndicator.settings import ApiSettings, SandboxSettings, Settings
from tests.bench.rivals import OurSide, dearer, same
from tests.bench.workload import Workload, make_workload, photo_names

MS = 1000.0


def main() -> int:
    """Publish, change everything some times, and write the processor time of each process for one product."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.changes", description=__doc__)
    parser.add_argument("--products", type=int, default=96)
    parser.add_argument("--sellers", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=4)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        photos = Path(folder) / "photos"
        _make_small_photos(photos, chosen.products, chosen.sellers)
        goods = make_workload(
            Path(folder) / "files", photos, products=chosen.products, sellers=chosen.sellers
        )
        settings = Settings(
            var=Path(folder) / "var", api=ApiSettings(port=0), sandbox=SandboxSettings(port=0)
        )
        with start_stack(settings, Mode.SANDBOX) as stack:
            _measure(stack, goods, chosen.rounds)
    return 0


def _make_small_photos(folder: Path, products: int, sellers: int) -> None:
    folder.mkdir(parents=True)
    for seller in range(1, sellers + 1):
        for number in range(1, products // sellers + 2):
            for place, name in enumerate(photo_names(f"B{seller}-{number:04}")):
                colour = (seller * 40 % 256, number % 256, place * 80 % 256)
                Image.new("RGB", (1080, 1080), colour).save(folder / name, "JPEG")


def _measure(stack: RunningStack, goods: Workload, rounds: int) -> None:
    side = OurSide(stack, goods)
    side.connect()
    side.publish()
    _scene("price", stack, side, goods, [(dearer, 50)] * rounds)
    _scene("stock", stack, side, goods, [(same, 51 + n) for n in range(rounds)])


def _scene(
    name: str,
    stack: RunningStack,
    side: OurSide,
    goods: Workload,
    changes: Sequence[tuple[Callable[[Product], Product], int]],
) -> None:
    spent: dict[str, list[float]] = {}
    seconds = []
    for edit, stock in changes:
        ready = side.submissions(edit, stock)
        before, began = cpu_by_process(stack), time.perf_counter()
        side.change(ready)
        seconds.append(time.perf_counter() - began)
        for process, cpu in cpu_by_process(stack).items():
            spent.setdefault(process, []).append(MS * (cpu - before.get(process, 0.0)) / goods.products)
    medians = {process: statistics.median(each) for process, each in spent.items()}
    shares = ", ".join(f"{process} {ms:.1f}" for process, ms in sorted(medians.items()) if ms >= 0.05)
    speed = goods.products / statistics.median(seconds)
    sys.stdout.write(
        f"{name}: {sum(medians.values()):.1f} ms CPU/product, {speed:.0f} products/s ({shares})\n"
    )
    sys.stdout.flush()


def cpu_by_process(stack: RunningStack) -> Mapping[str, float]:
    """CPU seconds so far: each child by its name, all else below this process by its program, this one as ``submit``."""
    names = {pid: name.rstrip("-0123456789") for name, pid in stack.supervisor.pids().items()}
    own = psutil.Process()
    spent: dict[str, float] = {"submit": sum(own.cpu_times()[:2])}
    for process in own.children(recursive=True):
        try:
            name = names.get(process.pid) or process.name()
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent[name] = spent.get(name, 0.0) + times.user + times.system
    return spent


if __name__ == "__main__":
    sys.exit(main())
