"""SIGKILL at random moments of a crawl, resumed each time: does it end as an undisturbed run would have?

Two thirds of the moments are chosen between a WARC append and its commit (a record half written, written,
synced, inside the transaction, before its COMMIT); the rest by the clock, after the COMMIT, while opening
and recovering, and while concluding. Between a kill and the next run, the bytes past the committed length are
also cut, overwritten or extended at a random byte. Each crawl is killed again and again until it is done.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import kill_points
from end_state import EndState, differences, end_state, find_faults, uncommitted_bytes
from measuring import Bar, conclude, crawl_options, fork, markdown_table

from gzcrawler.archive import rebuild
from gzcrawler.crawling import crawl
from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Callable

KILLED = -9
_PATIENCE = 120.0
"""Seconds after which a child that neither died nor ended counts as hung."""

DAMAGES = ("cut", "zeros", "garbage", "more zeros", "more garbage")


@dataclass(slots=True)
class Tally:
    """What happened."""

    kinds: Counter[str] = field(default_factory=Counter)
    uncommitted: Counter[str] = field(default_factory=Counter)
    """Kills that left bytes in a WARC file that the database did not know of."""
    damages: Counter[str] = field(default_factory=Counter)
    crawls: int = 0
    rebuilds: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def moments(self) -> int:
        """Kills so far."""
        return sum(self.kinds.values())


def replica_config(articles: int) -> ReplicaConfig:
    """A portal with everything that makes a commit hard: continued pages, aliases, two addresses, copies."""
    return ReplicaConfig.mixed(
        seed=7,
        articles=articles,
        continued=0.1,
        two_addresses=0.08,
        removed_at_start=0.02,
        absolute_links=0.5,
    )


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--articles", type=int, default=200, help="some 2.7 pages each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="20 moments of a smaller crawl")
    options = parser.parse_args()
    moments, articles = (20, 60) if options.quick else (options.moments, options.articles)
    chance = random.Random(options.seed)
    started = time.monotonic()
    tally = Tally()
    with running_replica(replica_config(articles)) as replica, tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        expected = undisturbed(scratch / "undisturbed", replica)
        while tally.moments < moments and len(tally.problems) < 20:
            archive = scratch / f"archive-{tally.crawls}"
            disturb(archive, replica, expected, chance, tally, moments)
            shutil.rmtree(archive, ignore_errors=True)
    _print(tally, expected, time.monotonic() - started, options.seed)
    between = sum(tally.kinds[kind] for kind in kill_points.PROTOCOL_KINDS)
    kept = sum(tally.uncommitted.values())
    return conclude(
        [
            Bar("moments killed", f"{tally.moments} in {tally.crawls} crawls", tally.moments >= moments),
            Bar(
                "at least half between a WARC append and its commit",
                f"{between} by their place in the protocol, {kept} left uncommitted bytes",
                between * 2 >= tally.moments,
            ),
            Bar(
                "end states equal, 0 lost, 0 duplicates",
                "equal" if not tally.problems else f"{len(tally.problems)} differences",
                not tally.problems,
            ),
        ]
    )


def undisturbed(archive: Path, replica: RunningReplica) -> EndState:
    """Crawl once without any kill; the archive must hold what the replica says it has.

    Raises:
        RuntimeError: not even that works, and nothing can be compared.
    """
    code = fork(lambda: _crawl(archive, replica)).wait(_PATIENCE)
    faults = find_faults(archive)
    state = end_state(archive)
    lives = replica.replica.lives()
    expected = {key for key, life in lives.items() if life == "alive"}
    if code not in (0, 10) or faults or state.article_ids() != expected:
        odd = sorted(state.article_ids() ^ expected)
        raise RuntimeError(
            f"the undisturbed crawl failed: exit code {code}, {faults[:3]}, articles {odd[:5]}"
        )
    return state


def disturb(
    archive: Path,
    replica: RunningReplica,
    expected: EndState,
    chance: random.Random,
    tally: Tally,
    moments: int,
) -> None:
    """Crawl, kill, damage the tail, crawl again … until done; then compare."""
    story: list[str] = []
    tally.crawls += 1
    while True:
        point = kill_points.choose(chance)
        if tally.moments >= moments:
            point = kill_points.KillPoint("never", 0, 0, 0)
        child = fork(_dying_crawl(archive, replica, point))
        if point.kind == "clock":
            time.sleep(point.seconds)
            child.kill()
        try:
            code = child.wait(_PATIENCE)
        except TimeoutError:
            tally.problems.append(f"{' → '.join(story)} → hung")
            return
        if code != KILLED:
            break
        tally.kinds[point.kind] += 1
        story.append(f"{point.kind} {point.count}")
        if tails := uncommitted_bytes(archive, archive.parent):
            tally.uncommitted[point.kind] += 1
            damage_tails(tails, chance, tally.damages, story)
    problems = [] if code in (0, 10) else [f"exit code {code}"]
    problems += find_faults(archive) + differences(expected, end_state(archive))
    if not problems and chance.random() < 0.25:
        # What the kills left in the WARC files must also be all that the database is made of.
        rebuild(archive)
        tally.rebuilds += 1
        problems += [f"rebuilt: {problem}" for problem in differences(expected, end_state(archive))]
    if problems:
        tally.problems.append(f"{' → '.join(story)}: {len(problems)} problems: {'; '.join(problems[:6])}")
        print(tally.problems[-1], file=sys.stderr)


def damage_tails(
    tails: dict[Path, tuple[int, int]], chance: random.Random, count: Counter[str], story: list[str]
) -> None:
    """What a disk may do to bytes that were never synced; committed bytes stay as they are."""
    for path, (committed, length) in tails.items():
        if chance.random() < 0.4:
            continue
        kind = chance.choice(DAMAGES)
        at = chance.randint(committed, length)
        with path.open("r+b") as file:
            if kind == "cut":
                file.truncate(at)
            else:
                size = chance.randint(1, 20_000) if kind.startswith("more") else length - at
                file.seek(length if kind.startswith("more") else at)
                file.write(bytes(size) if kind.endswith("zeros") else chance.randbytes(size))
        count[kind] += 1
        story.append(f"{kind} at {at - committed} of {length - committed}")


def _dying_crawl(archive: Path, replica: RunningReplica, point: kill_points.KillPoint) -> Callable[[], int]:
    def run() -> int:
        kill_points.arm(point)
        return _crawl(archive, replica)

    return run


def _crawl(archive: Path, replica: RunningReplica) -> int:
    return crawl(crawl_options(archive, replica)).exit_code


def _print(tally: Tally, expected: EndState, seconds: float, seed: int) -> None:
    print(
        f"seed {seed}; {expected.count('pages'):,} pages, {expected.count('articles'):,} articles, "
        f"{expected.count('captures'):,} captures compared, {expected.count('links'):,} links, "
        f"{expected.count('placements'):,} placements; {tally.rebuilds} end states also rebuilt; {seconds:.0f} s\n"
    )
    rows = [
        (kind, "yes" if kind in kill_points.PROTOCOL_KINDS else "no", number, tally.uncommitted[kind])
        for kind, number in sorted(tally.kinds.items())
    ]
    print(markdown_table(("killed at", "between append and commit", "kills", "left uncommitted bytes"), rows))
    print()
    print(markdown_table(("tail", "times"), sorted(tally.damages.items())))


if __name__ == "__main__":
    sys.exit(main())
