"""Pictures of the stories: addresses, captions and credits in every form, and small valid files."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import Draw, mix

if TYPE_CHECKING:
    from gzcrawler.replica.articles import Story
    from gzcrawler.replica.prose import Voice

__all__ = ["Picture", "Placement", "captioned", "file_bytes", "picture_bytes", "picture_path"]

Placement = Literal["after", "grouped", "first", "before", "end"]

_PURPOSE = 15
_EPOCH_DAY = 719_163
"""Ordinal of 1970-01-01."""


class _Form:
    """A form of credit: how it is printed after the caption, and what the credit is."""

    __slots__ = ("alone", "credit", "named", "printed")

    def __init__(self, printed: str, credit: str, *, alone: bool = False) -> None:
        self.printed = printed
        self.credit = credit
        self.alone = alone
        """Whether it stands as a block of its own."""
        self.named = "%(" in credit


_FORMS = {
    "en": (
        _Form("%(text)s [Photo/eguangzhou.gov.cn]", "Photo/eguangzhou.gov.cn"),
        _Form("%(text)s [Photo/Xinhua]", "Photo/Xinhua"),
        _Form("%(text)s [Photo/Kapok News Agency]", "Photo/Kapok News Agency"),
        _Form("%(text)s [Photo/]", "Photo/"),
        _Form("%(text)s [Photo by %(name)s/Xinhua]", "Photo by %(name)s/Xinhua"),
        _Form(
            "%(text)s [Photo by %(name)s, %(other)s/China Daily]", "Photo by %(name)s, %(other)s/China Daily"
        ),
        _Form("%(text)s [Photo by %(name)s / Kapok App]", "Photo by %(name)s / Kapok App"),
        _Form("%(text)s [Photo by %(name)s]", "Photo by %(name)s"),
        _Form("%(text)s [Photo provided to chinadaily.com.cn]", "Photo provided to chinadaily.com.cn"),
        _Form("%(text)s [Photo/WeChat account: kapok-%(n)s]", "Photo/WeChat account: kapok-%(n)s"),
        _Form("%(text)s (Photo provided to eguangzhou.gov.cn)", "Photo provided to eguangzhou.gov.cn"),
        _Form("%(text)s %(upper)s/CHINA DAILY", "%(upper)s/CHINA DAILY"),
        _Form("%(text)s PROVIDED TO CHINA DAILY", "PROVIDED TO CHINA DAILY"),
        _Form("Photo | Kapok Cultural Center", "Photo | Kapok Cultural Center", alone=True),
        _Form("[Photo by %(name)s/Xinhua]", "Photo by %(name)s/Xinhua", alone=True),
    ),
    "zh-Hans": (
        _Form("%(text)s [Photo/eguangzhou.gov.cn]", "Photo/eguangzhou.gov.cn"),
        _Form("△%(text)s [Photo/Xinhua]", "Photo/Xinhua"),
    ),
    "ja": (
        _Form("△%(text)s(写真提供:%(name)s)", "写真提供:%(name)s"),
        _Form("▲%(text)s(写真提供:%(name)s)", "写真提供:%(name)s"),
    ),
}
_UPLOAD_NAMES = (
    "1547541308774044%(n)s.jpg", "5c3d4f1aa31010568bdcd%(n)s.png", "3.jpg", "木棉广场.jpg", "%(text)s..jpg",
    "u=1298,%(n)s&fm=26&f=JPEG.jpg", "",
)  # fmt: skip


class Picture(NamedTuple):
    """A picture as a story shows it."""

    path: str
    """Under a host's root."""
    alt: str
    printed: str | None
    """The caption block as printed, credit included; None where there is none."""
    credit_line: str | None
    """A credit that stands as a block of its own."""
    caption: str | None
    credit: str | None

    @property
    def raw_caption(self) -> str | None:
        """Caption and credit as printed."""
        return self.printed or self.credit_line


def captioned(story: Story, number: int, voice: Voice, draw: Draw, *, must: bool) -> Picture:
    """The story's picture of that number, with a caption that it must or may have."""
    text = draw.pick(voice.scenes)
    forms = _FORMS[voice.language]
    form = draw.pick(forms)
    if must and form.alone:
        form = forms[0]
    words = {"text": text, "n": str(100 + draw.below(900))}
    if form.named:
        words["name"], words["other"] = draw.pick(voice.people), draw.pick(voice.people)
        words["upper"] = words["name"].upper()
    alt = draw.pick(_UPLOAD_NAMES)
    if "%" in alt:
        alt %= words
    path = picture_path(story, number, draw)
    if not must and not form.alone and draw.happens(0.1):
        return Picture(path, alt, None, None, None, None)
    printed = form.printed % words
    credit = form.credit % words if form.named else form.credit
    if form.alone:
        return Picture(path, alt, None, printed, None, credit)
    return Picture(path, alt, printed, None, text, credit)


def picture_path(story: Story, number: int, draw: Draw) -> str:
    """Address of a picture: of this story, or (rarely) one that other stories show too.

    The last six digits name the picture, so that any of these addresses can be answered.
    """
    shared = draw.happens(0.03)
    code = draw.below(8) if shared else (story.source * 4 + number) % 1_000_000
    day = _EPOCH_DAY + 17_000 if shared else story.day
    if story.general:
        post = 40_000 + code if shared else story.post
        return f"/img/{code // 1_000_000}/{code // 1000}/{code}/{post}.{'png' if code % 3 else 'jpg'}"
    stamp = iso_day(day).replace("-", "")
    if code % 5 == 0:
        return f"/images/attachement/jpg/site1/{stamp}/{mix(code, 0, _PURPOSE):016x}{code:06d}.jpg"
    millis = (day - _EPOCH_DAY) * 86_400_000 + code
    return f"/att/{stamp}/{millis:013d}{code:06d}.{'jpeg' if code % 2 else 'png'}"


@lru_cache(maxsize=2048)
def picture_bytes(seed: int, code: int, ending: str) -> bytes:
    """A small valid PNG or JPEG. One address in fifty has the bytes of its neighbour."""
    if code % 50 == 6:
        code -= 6  # keeps the ending of either platform's addresses
    draw = Draw(seed, code, _PURPOSE)
    if ending == "png":
        return _png(draw)
    return _jpeg(draw)


@lru_cache(maxsize=256)
def file_bytes(seed: int, code: int) -> bytes:
    """A small valid PDF of one page."""
    text = f"BT /F1 18 Tf 72 700 Td (Form {mix(seed, code, _PURPOSE) % 100_000}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _png(draw: Draw) -> bytes:
    width, height = 16 + draw.below(8), 12 + draw.below(8)
    rows = b"".join(b"\0" + bytes(draw.below(256) for _ in range(width * 3)) for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 1))
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


def _jpeg(draw: Draw) -> bytes:
    """A baseline JPEG in grey whose blocks are flat: 4 to 8 blocks of 8 x 8 pixels each way."""
    across, down = 4 + draw.below(5), 4 + draw.below(5)
    bits, last = [], 0
    for _ in range(across * down):
        level = draw.below(240) - 120
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
        + segment(0xC0, struct.pack(">BHHBBBB", 8, down * 8, across * 8, 1, 1, 0x11, 0))
        + segment(0xC4, b"\0" + _DC_COUNTS + bytes(range(12)))
        + segment(0xC4, b"\x10" + _AC_COUNTS + b"\0")
        + segment(0xDA, b"\1\1\0\0\x3f\0")
        + data
        + b"\xff\xd9"
    )
