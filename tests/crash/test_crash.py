"""An interrupted crawl ends as an undisturbed one: killed, its tails damaged, resumed, in the crawl's own protocol.

The benchmark does the work, since the claim is the same: here with 20 moments, there with 200.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_twenty_kills_and_torn_tails_end_as_an_undisturbed_crawl() -> None:
    finished = subprocess.run(
        [sys.executable, str(BENCHMARKS / "crash.py"), "--quick"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    verdicts = [line for line in finished.stdout.splitlines() if line.startswith(("pass:", "FAIL:"))]
    assert finished.returncode == 0, "\n".join([*verdicts, finished.stderr[-4000:]])
    assert len(verdicts) == 3
    assert any(line.startswith("pass: moments killed: 20 ") for line in verdicts)
