"""Articles by the million: made from a seed number, cheap to make, with words as frequent as words are.

An article is some twenty sentences drawn from a stock of made-up ones, a title, perhaps a picture and a byline.
The words of the stock follow Zipf's law with Mandelbrot's shift, so that some two hundred stand in over half of
all articles and most in one of a thousand. Nothing is read from HTML: captures come with their reading, as
`Archive.record_all` takes them.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from gzcrawler.archive import Fetched
from gzcrawler.items import Article, Capture, Image, Reading, RelatedLink

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ChineseArticles", "EnglishArticles"]

_HOST = "https://www.eguangzhou.gov.cn"
_FIRST_DAY = date(2016, 1, 1)
_DAYS = 3_650
_SOURCES = ("eguangzhou.gov.cn", "chinadaily.com.cn", "Example Times", "Riverside Post", "Harbour Weekly")
_STOCK = 60_000
"""Sentences; each stands in one of some three thousand articles."""
_VOCABULARY = 40_000
_SHIFT = 15
"""Mandelbrot's: without it the first word would be a fifth of all text."""


class EnglishArticles:
    """A stream of articles of about 3,000 characters in made-up words of Latin script."""

    language = "en"
    space = " "
    end = "."
    sentence_length = (14, 27)
    title_length = (6, 11)
    sentences = (16, 26)
    id_offset = 1_000_000

    def __init__(self, number: int, seed: int = 1) -> None:
        """Prepare `number` articles."""
        self.number = number
        self._random = random.Random(seed)
        self.words = self.vocabulary()
        weights = list(accumulate(1 / (rank + _SHIFT) for rank in range(len(self.words))))
        self._weights = weights
        self._stock = [self._sentence(*self.sentence_length) + self.end for _ in range(_STOCK)]
        self._titles = [self._sentence(*self.title_length) for _ in range(_STOCK)]

    def vocabulary(self) -> list[str]:
        """Words, the most frequent first."""
        syllables = [consonant + vowel for consonant in "bdfghklmnprstvwz" for vowel in "aeiou"]
        made: dict[str, None] = {}
        while len(made) < _VOCABULARY:
            # Frequent words are short ones.
            length = 1 + (len(made) > 90) + (len(made) > 3_000) + (self._random.random() < 0.3)
            ending = self._random.choice(("", "", "", "", "s", "ed", "ing", "ly"))
            made["".join(self._random.choices(syllables, k=length)) + ending] = None
        return list(made)

    def _sentence(self, least: int, most: int) -> str:
        words = self._random.choices(
            self.words, cum_weights=self._weights, k=self._random.randint(least, most)
        )
        return self.space.join(words).capitalize()

    def entries(self) -> Iterator[Fetched]:
        """All articles in the order of their days, each as a crawl would hand it over."""
        day_length = max(1, -(-self.number // _DAYS))
        for number in range(self.number):
            yield self._entry(number, _FIRST_DAY + timedelta(days=number // day_length))

    def _entry(self, number: int, day: date) -> Fetched:
        article = self._article(number, day)
        payload = f"<html><h1>{article.title}</h1>{article.body_html}</html>".encode()
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=250 * number)
        capture = Capture(
            url=article.url,
            captured_at=moment,
            status=200,
            payload=payload,
            response_headers=(("Content-Type", "text/html; charset=utf-8"),),
            request_headers=(("Host", "www.eguangzhou.gov.cn"),),
            reason="OK",
        )
        return Fetched(capture, Reading(page=article, discovered=()))

    def _article(self, number: int, day: date) -> Article:
        choose = self._random
        sentences = choose.choices(self._stock, k=choose.randint(*self.sentences))
        body = tuple(self.space.join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))
        url = f"{_HOST}{self.path()}/{day:%Y-%m/%d}/c_{self.id_offset + number}.htm"
        title = f"{choose.choice(self._titles)} {number}"
        images: tuple[Image, ...] = ()
        if number % 3 == 0:
            caption = choose.choice(self._stock)
            images = (
                Image(
                    url=f"{_HOST}/att/{day:%Y%m%d}/{1_500_000_000_000_000_000 + number}.jpeg",
                    caption=caption,
                    credit="Photo/eguangzhou.gov.cn",
                    raw_caption=f"{caption} [Photo/eguangzhou.gov.cn]",
                    position=1,
                ),
            )
        html = "\n".join(f"<p>{block}</p>" for block in body)
        return Article(
            id=f"guangzhou:c_{self.id_offset + number}",
            portal="guangzhou",
            edition=self.edition(),
            language=self.language,
            url=url,
            canonical_url=url,
            title=title,
            published=day.isoformat(),
            published_precision="day",
            published_raw=f"Updated:{day}",
            published_from="head line",
            source=_SOURCES[number * number % len(_SOURCES)],
            authors=("Invented Writer",) if number % 5 == 0 else (),
            body=body,
            body_html=html,
            images=images,
            related_links=tuple(
                RelatedLink(
                    url=f"{_HOST}/{day:%Y-%m/%d}/c_{number % 997 + step}.htm", title=title, scope="site"
                )
                for step in (1, 2)
            ),
            layout="subsite",
        )

    def path(self) -> str:
        """Path of the edition's tree."""
        return ""

    def edition(self) -> str:
        """Key of the edition."""
        return "en"


class ChineseArticles(EnglishArticles):
    """The same in made-up Chinese: words of two characters, and some of one and three, without blanks."""

    language = "zh-Hans"
    space = ""
    end = "。"
    sentence_length = (8, 22)
    title_length = (5, 9)
    sentences = (30, 44)
    id_offset = 5_000_000

    def vocabulary(self) -> list[str]:
        """Words, the most frequent first."""
        characters = [chr(0x4E00 + step * 7 % 20_000) for step in range(2_500)]
        weights = list(accumulate(1 / (rank + 40) for rank in range(len(characters))))
        made: dict[str, None] = {}
        while len(made) < _VOCABULARY // 2:
            length = self._random.choices((1, 2, 3), (1, 8, 2))[0]
            made["".join(self._random.choices(characters, cum_weights=weights, k=length))] = None
        return list(made)
