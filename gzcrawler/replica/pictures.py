"""Pictures of the stories: addresses, captions and credits in every form, and small valid files."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import Draw, mix
from gzcrawler.replica.painting import as_jpeg, as_png, paint

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
    """A small valid PNG or JPEG of a town by a river. One address in fifty has the bytes of its neighbour."""
    if code % 50 == 6:
        code -= 6  # keeps the ending of either platform's addresses
    scene = paint(Draw(seed, code, _PURPOSE))
    return as_png(scene) if ending == "png" else as_jpeg(scene)


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
