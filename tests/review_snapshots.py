"""Show for reading how snapshot pages read otherwise than their answers say; write none unless it is named.

``python tests/review_snapshots.py [CASE …] [--write CASE]``; a case is ``portal/dress/case`` or the
beginning of one. The exit status is 1 while any page shown differs and was not written.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.snapshot_cases import NOT_COMPARED, cases, read

if TYPE_CHECKING:
    from tests.snapshot_cases import Case

__all__ = ["answer_of", "main", "shown_difference", "write_answer"]


def answer_of(case: Case) -> dict[str, Any]:
    """What the readers answer now, over the fields that the page's answer gives, in their order."""
    actual = read(case)
    if "error" in actual:
        return {"error": actual["error"]}
    given = [name for name in case.expected if name in actual]
    if "error" in case.expected:
        given = [name for name in actual if name not in NOT_COMPARED]
    return {name: case.expected[name] if name in NOT_COMPARED else actual[name] for name in given}


def shown_difference(case: Case) -> str:
    """The change as a unified diff, from the answer kept to the answer read; empty where they are equal."""
    if case.expected == answer_of(case):
        return ""
    kept, now = _laid_out(case.expected), _laid_out(answer_of(case))
    lines = difflib.unified_diff(
        kept.splitlines(), now.splitlines(), f"{case.name} kept", f"{case.name} read", lineterm=""
    )
    return "\n".join(lines)


def write_answer(case: Case) -> Path:
    """Make what is read now the page's answer."""
    answer = answer_of(case)
    failed = "error" in answer
    target = case.path / ("error.json" if failed else "expected.json")
    target.write_text(_laid_out(answer), encoding="utf-8")
    (case.path / ("expected.json" if failed else "error.json")).unlink(missing_ok=True)
    return target


def main(arguments: list[str] | None = None) -> int:
    """Print the differences; write those answers that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", help="pages to look at, or the beginning of their names; all")
    parser.add_argument("--write", action="append", default=[], metavar="CASE", help="whole name of a case")
    options = parser.parse_args(arguments)
    unknown = set(options.write) - {case.name for case in cases()}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    wanted = (*options.cases, *options.write)
    left = 0
    for case in cases():
        if wanted and not case.name.startswith(wanted):
            continue
        shown = shown_difference(case)
        if not shown:
            continue
        print(shown)
        if case.name in options.write:
            print(f"wrote {write_answer(case)}")
        else:
            left += 1
    print(f"{left} left different", file=sys.stderr)
    return 1 if left else 0


def _laid_out(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
