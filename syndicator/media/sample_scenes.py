"""Draw pictures that look and weigh like phone photos of goods on a table. Pillow only, the same for a name always."""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour: TypeAlias = tuple[int, int, int]
Box: TypeAlias = tuple[int, int, int, int]
Shape: TypeAlias = Callable[[ImageDraw.ImageDraw, Box, Colour, random.Random], None]

_SKETCH: Final = 4
"""Shapes are drawn at a quarter of the size and enlarged: a lens is never as sharp as a line drawn by a program."""
_TILE: Final = 512
_GRAIN: Final = 0.18
"""Strength of the sensor noise; set so that a 12-megapixel JPEG of quality 90 weighs 2 to 5 MB, as phones write."""
_GOODS: Final[tuple[Colour, ...]] = (
    (196, 140, 62), (122, 72, 38), (214, 190, 120), (92, 124, 58), (160, 44, 40),
    (228, 208, 170), (58, 76, 120), (188, 96, 52), (132, 108, 84), (236, 196, 60),
)  # fmt: skip
_WALLS: Final[tuple[Colour, ...]] = ((214, 208, 198), (196, 204, 208), (224, 214, 190), (180, 190, 176))
_TABLES: Final[tuple[Colour, ...]] = ((140, 102, 68), (176, 140, 100), (106, 84, 66), (200, 192, 180))


def draw_scene(name: str, size: tuple[int, int]) -> Image.Image:
    """Draw the upright photo of ``name``.

    Shape: RGB of ``size`` pixels; equal names and sizes give equal pixels.
    """
    chance = random.Random(name)  # noqa: S311 - a drawing, not a secret
    sketch_size = (max(16, size[0] // _SKETCH), max(16, size[1] // _SKETCH))
    sketch = _table_top(sketch_size, chance)
    for box in _layout(sketch_size, chance):
        _put_goods(sketch, box, chance)
    _put_label(sketch, name)
    return _with_grain(sketch.resize(size, Image.Resampling.BILINEAR), chance)


def _table_top(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Draw a wall that darkens towards one side, and a table with some grain."""
    width, height = size
    horizon = int(height * chance.uniform(0.3, 0.45))
    scene = _gradient((width, horizon), chance.choice(_WALLS), chance.uniform(0.65, 0.85))
    whole = Image.new("RGB", size)
    whole.paste(scene, (0, 0))
    table = _gradient((width, height - horizon), chance.choice(_TABLES), chance.uniform(1.1, 1.3))
    pen = ImageDraw.Draw(table)
    for _ in range(60):
        y = chance.randrange(table.height)
        shade = chance.randrange(90, 150)
        pen.line((0, y, width, y + chance.randrange(-12, 12)), fill=(shade, shade - 20, shade - 44), width=1)
    whole.paste(table.filter(ImageFilter.GaussianBlur(1.2)), (0, horizon))
    return whole


def _gradient(size: tuple[int, int], colour: Colour, end: float) -> Image.Image:
    """Fill with ``colour`` above, turning to ``end`` times its brightness below."""
    ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    bands = [
        ramp.point([min(255, int(value * (1 + (end - 1) * step / 255))) for step in range(256)])
        for value in colour
    ]
    return Image.merge("RGB", bands)


def _layout(size: tuple[int, int], chance: random.Random) -> list[Box]:
    """Choose where the goods stand: one to four, from left to right, never out of the picture."""
    width, height = size
    count = chance.randint(1, 4)
    cell = width // count
    boxes = []
    for index in range(count):
        wide = int(cell * chance.uniform(0.55, 0.8))
        tall = min(int(height * 0.6), int(wide * chance.uniform(0.9, 1.6)))
        left = index * cell + (cell - wide) // 2
        foot = int(height * chance.uniform(0.78, 0.92))
        boxes.append((left, foot - tall, left + wide, foot))
    return boxes


def _put_goods(scene: Image.Image, box: Box, chance: random.Random) -> None:
    left, _, right, foot = box
    shadow = Image.new("L", scene.size)
    reach = (right - left) // 4
    ImageDraw.Draw(shadow).ellipse(
        (left - reach // 2, foot - reach, right + reach, foot + reach // 2), fill=130
    )
    scene.paste((30, 24, 20), (0, 0), shadow.filter(ImageFilter.GaussianBlur(reach // 3 + 1)))
    colour = chance.choice(_GOODS)
    layer, mask = Image.new("RGB", scene.size, colour), Image.new("L", scene.size)
    shape = chance.choice(_SHAPES)
    shape(ImageDraw.Draw(layer), box, colour, chance)
    outline = (right - left) // 6
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=outline, fill=255)
    scene.paste(_lit(layer, box), (0, 0), mask.filter(ImageFilter.GaussianBlur(0.8)))


def _lit(layer: Image.Image, box: Box) -> Image.Image:
    """Light the goods from one side, so that they look round."""
    left, top, right, foot = box
    ramp = Image.linear_gradient("L").rotate(90).resize((right - left, foot - top), Image.Resampling.BILINEAR)
    light = Image.new("L", layer.size, 255)
    light.paste(ramp.point([150 + step * 105 // 255 for step in range(256)]), (left, top))
    return ImageChops.multiply(layer, Image.merge("RGB", (light, light, light)))


def _weave(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, chance: random.Random) -> None:
    left, top, right, foot = box
    step = chance.randint(5, 9)
    for row, y in enumerate(range(top, foot, step)):
        for x in range(left + (row % 2) * step, right, step * 2):
            pen.rectangle((x, y, x + step - 1, y + step - 2), fill=_shade(colour, chance.uniform(0.6, 0.8)))


def _stripes(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, chance: random.Random) -> None:
    left, top, right, foot = box
    y = top
    while y < foot:
        band = chance.randint(3, 18)
        pen.rectangle(
            (left, y, right, y + band), fill=_shade(chance.choice(_GOODS), chance.uniform(0.7, 1.1))
        )
        y += band + chance.randint(2, 14)
    pen.line((left, top, right, top), fill=colour, width=2)


def _heap(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, chance: random.Random) -> None:
    left, top, right, foot = box
    for _ in range(260):
        x, y, radius = chance.randint(left, right), chance.randint(top, foot), chance.randint(5, 16)
        pen.ellipse((x, y, x + radius * 2, y + radius), fill=_shade(colour, chance.uniform(0.6, 1.25)))


def _jar(pen: ImageDraw.ImageDraw, box: Box, colour: Colour, chance: random.Random) -> None:
    left, top, right, foot = box
    lid = (foot - top) // 6
    pen.rectangle((left, top, right, top + lid), fill=_shade(chance.choice(_GOODS), 0.8))
    pen.rectangle((left, top + lid, right, foot), fill=colour)
    for _ in range(120):
        x, y = chance.randint(left, right), chance.randint(top + lid, foot)
        pen.line(
            (x, y, x + chance.randint(-9, 9), y + chance.randint(-9, 9)), fill=_shade(colour, 1.2), width=2
        )
    middle = (top + foot) // 2
    pen.rectangle((left, middle - lid, right, middle + lid), fill=(240, 236, 222))


_SHAPES: Final[tuple[Shape, ...]] = (_weave, _stripes, _heap, _jar)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(band * factor)) for band in colour)
    return red, green, blue


def _put_label(scene: Image.Image, name: str) -> None:
    """Write the name on a card, so that a person sees at once which product a picture belongs to."""
    font = ImageFont.load_default(max(10, scene.width // 30))
    pen = ImageDraw.Draw(scene)
    left, top, right, foot = pen.textbbox((0, 0), name, font=font)
    margin = scene.width // 60
    x, y = margin * 2, scene.height - int(foot - top) - margin * 4
    pen.rectangle(
        (x - margin, y - margin, x + int(right - left) + margin, y + int(foot) + margin), fill=(250, 248, 240)
    )
    pen.text((x, y), name, fill=(40, 36, 30), font=font)


def _with_grain(photo: Image.Image, chance: random.Random) -> Image.Image:
    """Add the noise every sensor has; without it the JPEG would be a tenth of a phone's."""
    noise = _noise(photo.size)
    turned = noise.transpose(chance.choice((Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180)))
    return ImageChops.add(photo, turned, 1, -128)


@lru_cache(maxsize=2)
def _noise(size: tuple[int, int]) -> Image.Image:
    """Tile noise over a picture, once per size and process; 48 MB for 12 megapixels."""
    tile = _noise_tile()
    whole = Image.new("RGB", size)
    for x in range(0, size[0], _TILE):
        for y in range(0, size[1], _TILE):
            whole.paste(tile, (x, y))
    return whole


def _noise_tile() -> Image.Image:
    chance = random.Random("grain")  # noqa: S311 - a drawing, not a secret
    bands = [_noise_band(chance) for _ in range(3)]
    grey = _noise_band(chance)
    return Image.merge("RGB", [Image.blend(grey, band, 0.35) for band in bands])


def _noise_band(chance: random.Random) -> Image.Image:
    first, second = (Image.frombytes("L", (_TILE, _TILE), chance.randbytes(_TILE * _TILE)) for _ in range(2))
    table = [round(128 + (value - 128) * _GRAIN) for value in range(256)]
    return Image.blend(first, second, 0.5).filter(ImageFilter.GaussianBlur(0.6)).point(table)
