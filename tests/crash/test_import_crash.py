"""An import that was killed and made again ends as an undisturbed one; the benchmark does the work, here with 12 moments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_twelve_kills_of_an_import_end_as_an_undisturbed_one() -> None:
    finished = subprocess.run(
        [sys.executable, str(BENCHMARKS / "import_crash.py"), "--quick"],
        check=False,
        capture_output=True,
        text=True,
        timeout=500,
    )
    verdicts = [line for line in finished.stdout.splitlines() if line.startswith(("pass:", "FAIL:"))]
    assert finished.returncode == 0, "\n".join([*verdicts, finished.stderr[-4000:]])
    assert len(verdicts) == 3
