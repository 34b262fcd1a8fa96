"""The ``var`` folder: everything the program writes on this machine lies below it."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from schemas.problem import Problem
from syndicator.local.errors import VarUnusable

MIN_FREE_BYTES = 500_000_000


def check_var(var: Path, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
    """Return when ``var`` can be written and its disk has room; creates the folder when it is missing.

    Args:
        var: The folder.
        min_free_bytes: Room the disk must have left for this user.

    Raises:
        VarUnusable: Code ``var_not_writable`` or ``disk_full``.
    """
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=var, prefix=".trial-") as trial:
            trial.write(b"\0" * 4096)
            trial.flush()
            os.fsync(trial.fileno())
        free = shutil.disk_usage(var).free
    except OSError as exc:
        full = exc.errno in {errno.ENOSPC, errno.EDQUOT}
        raise VarUnusable(_full(var, 0, min_free_bytes) if full else _not_writable(var, exc)) from exc
    if free < min_free_bytes:
        raise VarUnusable(_full(var, free, min_free_bytes))


def _full(var: Path, free: int, needed: int) -> Problem:
    have, want = free // 1_000_000, needed // 1_000_000
    return Problem(
        path=str(var),
        code="disk_full",
        th=f"ดิสก์ที่เก็บ {var} เหลือที่ว่าง {have} MB ต้องมีอย่างน้อย {want} MB โปรดลบไฟล์ที่ไม่ใช้แล้วลองใหม่",
        en=f"the disk of {var} has {have} MB left and at least {want} MB are needed; free some space and try again",
    )


def _not_writable(var: Path, exc: OSError) -> Problem:
    reason = exc.strerror or str(exc)
    return Problem(
        path=str(var),
        code="var_not_writable",
        th=f"เขียนไฟล์ลงโฟลเดอร์ {var} ไม่ได้ ({reason}) โปรดแก้สิทธิ์ของโฟลเดอร์ หรือเลือกโฟลเดอร์อื่น",
        en=f"the folder {var} cannot be written ({reason}); change its permissions or choose another folder",
    )
