"""What the pictures of stories show: a town by a river, painted from a few numbers, as PNG or JPEG."""

from __future__ import annotations

import struct
import zlib
from colorsys import hls_to_rgb
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gzcrawler.replica.chance import Draw

__all__ = ["Scene", "as_jpeg", "as_png", "paint"]

_WIDTH, _HEIGHT = 96, 64
"""Of a scene, in cells."""
_SHORE = 46
"""The row at which the water begins."""
_PIXELS = 4
"""Of a PNG, for each cell each way."""

_SUN, _NEAR, _FAR = 0, 1, 2
_SKY, _SKY_SHADES = 3, 8
_WATER, _WATER_SHADES = 11, 6


class Scene(NamedTuple):
    """A painted picture."""

    rows: list[bytearray]
    """From above; a byte for each cell, which is a place in the palette."""
    palette: tuple[tuple[int, int, int], ...]
    """Red, green, blue, each 0 to 255."""


def paint(draw: Draw) -> Scene:
    """A skyline before a low sun, and the river before it."""
    rows = [bytearray((_SKY + y * _SKY_SHADES // _SHORE,)) * _WIDTH for y in range(_SHORE)]
    middle, centre, radius = 16 + draw.below(64), 10 + draw.below(20), 5 + draw.below(4)
    for y in range(centre - radius, centre + radius + 1):
        half = int((radius * radius - (y - centre) ** 2) ** 0.5)
        rows[y][middle - half : middle + half + 1] = bytes((_SUN,)) * (2 * half + 1)
    for colour, tallest, widest in ((_FAR, 30, 10), (_NEAR, 20, 16)):
        left = 0
        while left < _WIDTH:
            wide, tall = min(4 + draw.below(widest), _WIDTH - left), 3 + draw.below(tallest)
            for y in range(_SHORE - tall, _SHORE):
                rows[y][left : left + wide] = bytes((colour,)) * wide
            left += wide + (draw.below(4) if colour == _NEAR else 0)
    depth = _HEIGHT - _SHORE
    rows += [bytearray((_WATER + y * _WATER_SHADES // depth,)) * _WIDTH for y in range(depth)]
    for y in range(_SHORE + 2, _HEIGHT, 4):
        half = 1 + draw.below(radius)
        rows[y][middle - half : middle + half + 1] = bytes((_SUN,)) * (2 * half + 1)
    return Scene(rows, _palette(draw.below(360) / 360))


def _palette(hue: float) -> tuple[tuple[int, int, int], ...]:
    """One hue for the air, its neighbour for the water."""
    sky = [(hue, 0.42 + 0.05 * n, 0.55) for n in range(_SKY_SHADES)]
    water = [(hue + 0.06, 0.40 - 0.035 * n, 0.45) for n in range(_WATER_SHADES)]
    colours = [(hue + 0.12, 0.9, 0.8), (hue + 0.5, 0.16, 0.25), (hue + 0.55, 0.36, 0.2), *sky, *water]
    return tuple(
        (round(red * 255), round(green * 255), round(blue * 255))
        for red, green, blue in (hls_to_rgb(tone % 1, light, strength) for tone, light, strength in colours)
    )


def as_png(scene: Scene) -> bytes:
    """The scene in its colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = bytearray()
    for row in scene.rows:
        line = bytearray(1 + _PIXELS * _WIDTH)
        for place in range(_PIXELS):
            line[1 + place :: _PIXELS] = row
        pixels += line * _PIXELS
    head = struct.pack(">IIBBBBB", _PIXELS * _WIDTH, _PIXELS * _HEIGHT, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"PLTE", bytes(value for colour in scene.palette for value in colour))
        + chunk(b"IDAT", zlib.compress(pixels, 1))
        + chunk(b"IEND", b"")
    )


_DC_COUNTS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
"""Code lengths of the standard's luminance DC table (ITU-T T.81, table K.3)."""
_DC_CODES = (
    "00",
    "010",
    "011",
    "100",
    "101",
    "110",
    "1110",
    "11110",
    "111110",
    "1111110",
    "11111110",
    "111111110",
)
_AC_COUNTS = bytes((1,) + (0,) * 15)
"""An AC table of one code: end of block, as bit 0."""


def as_jpeg(scene: Scene) -> bytes:
    """Every other cell of every other row of the scene, in grey, as flat blocks of 8 x 8 pixels: baseline, and easily coded."""
    levels = [round(0.299 * red + 0.587 * green + 0.114 * blue) - 128 for red, green, blue in scene.palette]
    bits, last = [], 0
    for row in scene.rows[::2]:
        for cell in row[::2]:
            level = levels[cell]
            step, last = level - last, level
            size = abs(step).bit_length()
            value = step if step >= 0 else step + (1 << size) - 1
            bits.append(_DC_CODES[size] + (f"{value:0{size}b}" if size else "") + "0")
    stream = "".join(bits)
    stream += "1" * (-len(stream) % 8)
    data = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + segment(0xDB, b"\0" + b"\x08" * 64)
        + segment(0xC0, struct.pack(">BHHBBBB", 8, _HEIGHT * 4, _WIDTH * 4, 1, 1, 0x11, 0))
        + segment(0xC4, b"\0" + _DC_COUNTS + bytes(range(12)))
        + segment(0xC4, b"\x10" + _AC_COUNTS + b"\0")
        + segment(0xDA, b"\1\1\0\0\x3f\0")
        + data
        + b"\xff\xd9"
    )
