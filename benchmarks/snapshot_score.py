"""How many snapshot pages read exactly: by dress and by field, with and without a warning.

``python benchmarks/snapshot_score.py [DRESS …] [--worst N]``; a dress is ``portal/dress``.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.snapshot_cases import cases, differences, read


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dresses", nargs="*")
    parser.add_argument("--worst", type=int, default=0, help="name so many pages that differ")
    arguments = parser.parse_args()
    chosen = [case for case in cases() if not arguments.dresses or case.dress in arguments.dresses]
    pages: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    fields: Counter[str] = Counter()
    silent = warned_right = missing_warning = named = 0
    for case in chosen:
        pages[case.dress] += 1
        wrong = differences(case)
        warnings = read(case).get("warnings", [])
        expected_warning = case.meta.get("expect_warning")
        if expected_warning and not any(w.startswith(f"{expected_warning}:") for w in warnings):
            missing_warning += 1
        if not wrong:
            equal[case.dress] += 1
            warned_right += bool(warnings) and not expected_warning
            continue
        fields.update(list(wrong))
        silent += not warnings and "error" not in read(case)
        if named < arguments.worst:
            named += 1
            print(f"{case.name}: {', '.join(wrong)}")
    print("| dress | pages | records fully equal |\n|---|---|---|")
    for dress, number in sorted(pages.items()):
        print(f"| {dress} | {number} | {equal[dress]} ({equal[dress] / number:.1%}) |")
    total = sum(pages.values())
    print(f"| all | {total} | {sum(equal.values())} ({sum(equal.values()) / total:.1%}) |")
    print(f"\nwrong without a warning: {silent}; right with an unasked warning: {warned_right};")
    print(f"asked warnings missing: {missing_warning}; fields that differ: {dict(fields.most_common())}")


if __name__ == "__main__":
    main()
