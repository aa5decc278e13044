"""No pattern of the readers takes long over runs of what it is made of: pages are other people's."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time

import pytest

import gzcrawler.portals
import gzcrawler.readers

UNITS = (
    "1", "12", "A ", "a", "A\x1f", "\x1f", " \x1f", " ", "| ", "|", "> ", ">", "/", "-", "...", "…", "，", "。", "\u3000", "(", "[", "( ", "A, ",
    "A and ", "By A ", "Print ", "Print|", "[Print] ", "大 ", "打印", "打印 ", "分享到 ", "Next ", "Page 1 of 2", "共1页", "第", "2018-05-14 ", "2018",
    "5 May ", "Updated: ", "Source: ", "来源：", "Photo by ", "[Photo by ", "Photo/", "写真", "提供", "www.", "a-", "A'", "Share ", "Tags: ", "Views: 1 ",
    "Copyright ", "©", "Home > ", "Related ", "More ", "•", "△",
)  # fmt: skip
LONGEST = 300
"""Characters of the lines that are held against patterns; longer ones are text."""
SECONDS = 0.5
"""The slowest takes a fiftieth of it on a quiet machine; one that backtracks without end takes minutes."""


def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for package in (gzcrawler.readers, gzcrawler.portals):
        for module_info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{module_info.name}")
            for name, value in vars(module).items():
                some = value if isinstance(value, list | tuple) else [value]
                found += [
                    (f"{module_info.name}.{name}", one)
                    for one in some
                    if isinstance(one, re.Pattern) and isinstance(one.pattern, str)
                ]
    return found


@pytest.mark.parametrize(("name", "pattern"), [pytest.param(*one, id=one[0]) for one in _patterns()])
def test_a_pattern_takes_no_time_over_runs_of_its_own_words(name, pattern):
    for unit in UNITS:
        for end in ("", "~", "x~", "\n"):
            text = (unit * LONGEST)[:LONGEST] + end
            start = time.process_time()
            pattern.search(text)
            pattern.match(text)
            assert time.process_time() - start < SECONDS, (name, unit, end)
