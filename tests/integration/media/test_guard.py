"""The decoding process, for real: bounded, killed, replaced, and gone with its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from PIL import Image

from syndicator.media.guard import Death, DecoderDied, GuardedDecoder, is_poison
from syndicator.media.problems import MediaProblemError
from tests.support.pictures import FREE, LIMITS, SQUARE, encode, png_claiming, quarters, render_one

HANGS = (sys.executable, "-c", "import time; time.sleep(60)")
ABORTS = (sys.executable, "-c", "import os; os.abort()")
BABBLES = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(9); print('x' * 5000)")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def decoder() -> Iterator[GuardedDecoder]:
    with GuardedDecoder(LIMITS) as guarded:
        yield guarded


def test_answers_what_the_pure_pipeline_answers(decoder: GuardedDecoder) -> None:
    source = encode(quarters(), "JPEG")

    made = decoder.render(source, [FREE, SQUARE])

    assert made[FREE.fingerprint] == render_one(source, FREE)
    assert made[SQUARE.fingerprint] == render_one(source, SQUARE)


def test_reads_a_file_by_its_path(decoder: GuardedDecoder, tmp_path: Path) -> None:
    path = tmp_path / "รูป.jpg"
    path.write_bytes(encode(quarters(), "HEIF"))

    assert decoder.render(path, [FREE])[FREE.fingerprint].width == 240


def test_one_process_serves_many_pictures(decoder: GuardedDecoder) -> None:
    decoder.render(encode(quarters(), "PNG"), [FREE])
    first = decoder.child_pid
    decoder.render(encode(quarters(), "WEBP"), [FREE])

    assert decoder.child_pid == first is not None


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "picture_empty"),
        (b"<html>", "not_a_picture"),
        (png_claiming(60_000, 60_000), "too_many_pixels"),
        (png_claiming(3_000, 3_000), "corrupt"),
        (b"\xff\xd8\xff" + bytes(40_000_000), "too_many_bytes"),
    ],
)
def test_refusal_comes_through_and_the_process_lives(
    decoder: GuardedDecoder, source: bytes, code: str
) -> None:
    with pytest.raises(MediaProblemError) as refused:
        decoder.render(source, [FREE])

    assert refused.value.problem.code in {code, "truncated"}
    assert decoder.render(encode(quarters(), "PNG"), [FREE])


def test_file_beyond_the_byte_limit_is_refused_unread(decoder: GuardedDecoder, tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(50_000_000_000)

    with pytest.raises(MediaProblemError) as refused:
        decoder.render(path, [FREE])

    assert refused.value.problem.code == "too_many_bytes"


def test_missing_file_is_said_before_any_process_starts(decoder: GuardedDecoder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decoder.render(tmp_path / "none.jpg", [FREE])

    assert decoder.child_pid is None


def test_bomb_within_the_pixel_limit_stays_within_the_memory_limit(decoder: GuardedDecoder) -> None:
    # 79 megapixels of one colour: 250 kB on disk, 316 MB as pixels, twice that while it is worked on.
    bomb = encode(Image.new("RGBA", (8_900, 8_900), "red"), "PNG")

    with pytest.raises(MediaProblemError) as refused:
        decoder.render(bomb, [FREE])

    assert refused.value.problem.code == "out_of_memory"
    assert decoder.render(encode(quarters(), "PNG"), [FREE])


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("HEIF", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGB")]
)
def test_twelve_megapixels_of_every_kind_need_under_400_mb(
    decoder: GuardedDecoder, kind: str, mode: str
) -> None:
    gradient = Image.linear_gradient("L").resize((4_000, 3_000)).convert(mode)
    options = {"compress_level": 1} if kind == "PNG" else {"quality": 40}

    decoder.render(encode(gradient, kind, **options), [FREE, SQUARE])

    assert 0 < decoder.last_peak_bytes < 400_000_000


def test_grown_process_is_replaced(decoder: GuardedDecoder) -> None:
    # A progressive JPEG keeps every coefficient of its 79 megapixels while it is read.
    decoder.render(encode(Image.new("RGB", (8_900, 8_900)), "JPEG", progressive=True), [SQUARE])

    assert decoder.child_pid is None


@pytest.mark.parametrize("python", [ABORTS, BABBLES, ("/bin/true",)])
def test_death_is_told_and_counted_by_the_caller(python: tuple[str, ...]) -> None:
    with GuardedDecoder(LIMITS, python=python) as guarded, pytest.raises(DecoderDied) as died:
        guarded.render(encode(quarters(), "PNG"), [FREE])

    assert died.value.death is Death.DIED
    assert died.value.problem.code == "killed"


def test_process_that_never_answers_is_ended_in_time() -> None:
    limits = replace(LIMITS, timeout=timedelta(seconds=0.3))
    began = time.monotonic()

    with GuardedDecoder(limits, python=HANGS) as guarded, pytest.raises(DecoderDied) as died:
        guarded.render(encode(quarters(), "PNG"), [FREE])

    assert died.value.death is Death.TIMEOUT
    assert died.value.problem.code == "decode_time"
    assert time.monotonic() - began < 5


def test_process_that_never_reads_a_large_picture_is_ended_in_time() -> None:
    limits = replace(LIMITS, timeout=timedelta(seconds=0.3))

    with GuardedDecoder(limits, python=HANGS) as guarded, pytest.raises(DecoderDied) as died:
        guarded.render(bytes(5_000_000), [FREE])

    assert died.value.death is Death.TIMEOUT


def test_killed_process_is_replaced_for_the_next_picture(decoder: GuardedDecoder) -> None:
    picture = encode(quarters(), "PNG")
    decoder.render(picture, [FREE])
    assert decoder.child_pid is not None
    os.kill(decoder.child_pid, signal.SIGKILL)

    with pytest.raises(DecoderDied):
        decoder.render(picture, [FREE])

    assert decoder.render(picture, [FREE])


def test_second_death_makes_a_picture_poison() -> None:
    deaths = 0
    with GuardedDecoder(LIMITS, python=ABORTS) as guarded:
        while not is_poison(deaths):
            with pytest.raises(DecoderDied):
                guarded.render(encode(quarters(), "PNG"), [FREE])
            deaths += 1

    assert deaths == 2


def test_threads_take_turns(decoder: GuardedDecoder) -> None:
    made: list[int] = []

    def render() -> None:
        made.append(decoder.render(encode(quarters(), "PNG"), [FREE])[FREE.fingerprint].width)

    threads = [threading.Thread(target=render) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [240] * 4


def test_process_sees_no_credential(decoder: GuardedDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNDICATOR_SECRET_KEYS", "do-not-tell")

    decoder.render(encode(quarters(), "PNG"), [FREE])

    assert decoder.child_pid is not None
    assert "do-not-tell" not in str(psutil.Process(decoder.child_pid).environ())


def test_closing_ends_the_process() -> None:
    with GuardedDecoder(LIMITS) as guarded:
        guarded.render(encode(quarters(), "PNG"), [FREE])
        assert guarded.child_pid is not None
        child = psutil.Process(guarded.child_pid)

    assert not child.is_running()


PARENT = """
import sys, time
from tests.support.pictures import FREE, LIMITS, encode, quarters
from syndicator.media.guard import GuardedDecoder
guarded = GuardedDecoder(LIMITS)
guarded.render(encode(quarters(), "PNG"), [FREE])
print(guarded.child_pid, flush=True)
time.sleep(60)
"""


def test_process_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    child.wait(timeout=10)

    assert not child.is_running()
