"""What an article says: title, head line, blocks and pictures, in plain text, before any dress.

Made anew for each request from (seed, story, number of edits); nothing is kept. Addresses here are
paths under a host's root, or absolute where they lead off the portal.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import Draw
from gzcrawler.replica.headlines import HeadLine, head_line
from gzcrawler.replica.pictures import Picture, Placement, captioned
from gzcrawler.replica.prose import VOICES

if TYPE_CHECKING:
    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.prose import Voice

__all__ = ["Block", "Content", "Writer"]

_TITLE, _BODY, _LINKS = 10, 11, 12
_LETTERS = 1 << 16

BlockKind = Literal[
    "text", "link", "lead", "stress", "subhead", "bold", "points", "steps", "table", "quote",
    "picture", "caption", "credit", "film", "film credit", "files",
]  # fmt: skip


class Block(NamedTuple):
    """One block of a story, in print order. What `items` holds depends on the kind."""

    kind: BlockKind
    text: str = ""
    items: tuple[str, ...] = ()
    """link: before, path, text, after · lead, stress: pieces · points, steps: items · files: path, name, …"""
    rows: tuple[tuple[str, ...], ...] = ()
    picture: int = -1
    """picture, caption, credit: index into the content's pictures."""


class Content(NamedTuple):
    """One version of one story."""

    title: str
    head: HeadLine
    parts: tuple[tuple[Block, ...], ...]
    pictures: tuple[Picture, ...]
    related: tuple[Story, ...]
    """Stories that a list of this story's own names; empty for most."""


class Writer:
    """Writes stories. Pure: the same story and version give the same content."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._seed = calendar.config.seed
        for voice in VOICES.values():  # not in the middle of the first request
            voice.stock, voice.scenes  # noqa: B018

    def voice(self, story: Story) -> Voice:
        """The language that a story is written in."""
        return VOICES[self._calendar.sections[story.section].edition]

    def title(self, story: Story, version: int = 0) -> str:
        """The heading, as lists print it too; lists show it for unreadable stories as well."""
        draw = Draw(self._seed, story.source, _TITLE)
        voice = self.voice(story)
        title = draw.pick(voice.titles).fill(draw)
        if version and draw.happens(0.4):
            title += " (updated)" if voice.language == "en" else " (2)"
        return title

    def summary(self, story: Story) -> str:
        """The sentence beside the title on lists."""
        draw = Draw(self._seed, story.source, _BODY)
        return draw.pick(self.voice(story).stock)

    def content(self, story: Story, version: int, general: bool) -> Content:
        """All that the story says after so many edits, at an address of the one platform or the other."""
        draw = Draw(self._seed, story.source, _BODY)
        voice = self.voice(story)
        opening = draw.pick(voice.stock)
        head = head_line(story, voice, general, self._seed)
        pictures: list[Picture] = []
        roll = draw.below(100)
        if roll < 4:
            parts: tuple[tuple[Block, ...], ...] = (self._photo_story(story, voice, draw, pictures),)
        elif roll < 6:
            parts = (self._film(story, voice, draw),)
        else:
            blocks = self._blocks(story, voice, draw, opening, pictures)
            blocks = self._edited(blocks, story, voice, version)
            parts = _cut(blocks, story.parts)
        return Content(
            title="" if story.unreadable else self.title(story, version),
            head=head,
            parts=parts,
            pictures=tuple(pictures),
            related=self._related(story),
        )

    def _blocks(
        self, story: Story, voice: Voice, draw: Draw, opening: str, pictures: list[Picture]
    ) -> list[Block]:
        count = 4 + draw.below(8)
        if story.parts > 1:
            count = max(count, 4 * story.parts)
        blocks = [Block("text", opening + voice.joint + voice.paragraph(draw, 1))]
        for place in range(1, count):
            word = draw.word()  # one for the whole block: most of a page's draws are made here
            roll = word % 100
            text = voice.told(word // 300, 1 + word // 100 % 3)
            if roll < 74 or place < 2:
                blocks.append(Block("text", text))
            else:
                blocks.extend(self._special(roll, story, voice, draw, text))
        self._place_pictures(blocks, story, voice, draw, pictures)
        if draw.happens(0.06):
            blocks.append(self._files(story, voice, draw))
        if draw.happens(0.05):
            blocks.append(Block("text", f"({draw.pick(voice.people)})"))
        return blocks

    def _special(self, roll: int, story: Story, voice: Voice, draw: Draw, text: str) -> list[Block]:
        if roll < 80:
            return [self._link(story, voice, draw, text)]
        if roll < 83:
            return [Block("lead", items=(draw.pick(voice.people) + ":", text))]
        if roll < 86:
            half = len(text) // 2
            cut = text.find(" ", half)
            if cut < 0:
                return [Block("text", text)]
            return [Block("stress", items=(text[: cut + 1], text[cut + 1 :]))]
        if roll < 90:
            return [Block("subhead", draw.pick(voice.subheads).fill(draw)), Block("text", text)]
        if roll < 92:
            return [Block("bold", draw.pick(voice.subheads).fill(draw)), Block("text", text)]
        if roll < 96:
            items = tuple(draw.pick(voice.stock) for _ in range(2 + draw.below(3)))
            return [Block("points" if roll < 94 else "steps", items=items)]
        if roll < 98:
            rows = tuple((name, str(draw.below(990) + 10), f"+{draw.below(30)}%") for name in voice.rows[:4])
            return [Block("table", rows=(voice.table_head, *rows))]
        return [Block("quote", text)]

    def _link(self, story: Story, voice: Voice, draw: Draw, text: str) -> Block:
        joint = voice.joint
        other = self._neighbour(story, draw)
        target = (
            f"story:{other.index}"
            if other is not None and draw.happens(0.8)
            else "http://www.example.org/notice"
        )
        return Block("link", items=(text + joint, target, draw.pick(voice.links), "." if joint else "。"))

    def _files(self, story: Story, voice: Voice, draw: Draw) -> Block:
        items: list[str] = []
        for _ in range(1 + draw.below(2)):
            items += [f"file:{draw.below(1000)}", draw.pick(voice.files) + ".pdf"]
        return Block("files", items=tuple(items))

    def _photo_story(
        self, story: Story, voice: Voice, draw: Draw, pictures: list[Picture]
    ) -> tuple[Block, ...]:
        pictures.append(captioned(story, 0, voice, draw, must=True))
        return (Block("picture", picture=0), Block("caption", pictures[0].printed or "", picture=0))

    def _film(self, story: Story, voice: Voice, draw: Draw) -> tuple[Block, ...]:
        return (
            Block("film", f"/att/{iso_day(story.day).replace('-', '')}/film{story.source}.mp4"),
            Block("text", draw.pick(voice.clip).fill(draw)),
            Block("film credit", "Video by eguangzhou.gov.cn"),
        )

    def _place_pictures(
        self, blocks: list[Block], story: Story, voice: Voice, draw: Draw, pictures: list[Picture]
    ) -> None:
        count = (0, 0, 1, 1, 1, 2, 2, 3)[draw.below(8)]
        placement: Placement = draw.pick(("after", "after", "after", "grouped", "first", "before", "end"))
        pictures += [
            captioned(story, number, voice, draw, must=placement != "after") for number in range(count)
        ]
        runs = [self._run(picture, index) for index, picture in enumerate(pictures)]
        if placement == "first" and runs:
            blocks[:0] = runs[0]
            runs = runs[1:]
        if placement == "before" and count == 1:
            blocks[2:2] = runs[0][::-1]
        elif placement == "grouped" and all(len(run) == 2 for run in runs):
            blocks[2:2] = [run[0] for run in runs] + [run[1] for run in runs]
        elif placement == "end":
            for run in runs:
                blocks.extend(run)
        else:
            for run in runs:
                place = 1 + draw.below(len(blocks))
                while place < len(blocks) and blocks[place].kind in ("picture", "caption", "credit"):
                    place += 1
                blocks[place:place] = run

    def _run(self, picture: Picture, index: int) -> list[Block]:
        run = [Block("picture", picture=index)]
        if picture.printed:
            run.append(Block("caption", picture.printed, picture=index))
        if picture.credit_line:
            run.append(Block("credit", picture.credit_line, picture=index))
        return run

    def _edited(self, blocks: list[Block], story: Story, voice: Voice, version: int) -> list[Block]:
        for edit in range(1, version + 1):
            draw = Draw(self._seed, story.index, 20 + edit)
            text = voice.paragraph(draw, 2)
            places = [place for place, block in enumerate(blocks) if block.kind == "text"]
            if draw.happens(0.5) or len(places) < 3:
                blocks.insert(places[-1] + 1, Block("text", text))
            else:
                blocks[draw.pick(places[1:])] = Block("text", text)
        return blocks

    def _related(self, story: Story) -> tuple[Story, ...]:
        draw = Draw(self._seed, story.source, _LINKS)
        if not draw.happens(0.15):
            return ()
        found = [self._neighbour(story, draw) for _ in range(2 + draw.below(3))]
        return tuple(dict.fromkeys(other for other in found if other is not None))

    def _neighbour(self, story: Story, draw: Draw) -> Story | None:
        """Another story of the same edition that stood from the start."""
        total = self._calendar.config.articles
        index = (story.source + 1 + draw.below(total)) % total
        other = self._calendar.stories[index]
        sections = self._calendar.sections
        same = sections[other.section].edition == sections[story.section].edition
        return other if same and index != story.index else None


def _cut(blocks: list[Block], parts: int) -> tuple[tuple[Block, ...], ...]:
    """The blocks in so many parts, none empty; a picture and its captions stay together."""
    if parts == 1:
        return (tuple(blocks),)
    size = len(blocks) // parts
    edges = [0]
    for part in range(1, parts):
        edge = max(part * size, edges[-1] + 1)
        while edge < len(blocks) and blocks[edge].kind in ("picture", "caption", "credit", "files"):
            edge += 1
        edges.append(edge)
    edges.append(len(blocks))
    return tuple(tuple(blocks[a:b]) for a, b in pairwise(edges) if a < b)
