"""A Display P3 colour profile, built from its published figures, for sample photos such as recent phones take."""

import struct
from typing import Final

_PRIMARIES_D50: Final = {
    b"rXYZ": (0.515102, 0.241182, -0.001050),
    b"gXYZ": (0.291965, 0.692236, 0.041882),
    b"bXYZ": (0.157153, 0.066582, 0.784379),
}
"""SMPTE RP 431-2 primaries with a D65 white, adapted to D50 as profiles want it (ICC.1:2010, 6.3.1)."""
_WHITE_D50: Final = (0.964203, 1.0, 0.824905)
_GAMMA_2_2: Final = 563
"""u8Fixed8 of 2.2; close enough to the sRGB curve for a sample."""
_HEADER: Final = 128


def display_p3_profile() -> bytes:
    """Write an ICC version 2 matrix profile named "Display P3" (ICC.1:2001-04, sections 6.1 to 6.5)."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, _GAMMA_2_2)
    tags = {
        b"desc": _description("Display P3"),
        b"cprt": b"text" + bytes(4) + b"No rights reserved\0",
        b"wtpt": _xyz(*_WHITE_D50),
        **{name: _xyz(*values) for name, values in _PRIMARIES_D50.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _assemble(tags)


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    offset = _HEADER + 4 + 12 * len(tags)
    table, bodies = [struct.pack(">I", len(tags))], []
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table.append(name + struct.pack(">II", offset, len(body)))
        bodies.append(padded)
        offset += len(padded)
    return _header(offset) + b"".join(table) + b"".join(bodies)


def _header(size: int) -> bytes:
    version = b"\x02\x10\x00\x00"
    date = struct.pack(">6H", 2025, 1, 1, 0, 0, 0)
    white = struct.pack(">3i", *(_fixed(value) for value in _WHITE_D50))
    start = struct.pack(">I", size) + bytes(4) + version + b"mntrRGB XYZ " + date + b"acsp"
    return (start.ljust(68, b"\0") + white).ljust(_HEADER, b"\0")


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", _fixed(x), _fixed(y), _fixed(z))


def _fixed(value: float) -> int:
    return round(value * 65536)


def _description(text: str) -> bytes:
    ascii_text = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)
