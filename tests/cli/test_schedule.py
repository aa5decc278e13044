"""`schedule`: our line in a crontab, and nobody else's touched."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crontab import CronTab

from gzcrawler.cli.crontab_lines import Entry, entries, with_entry, without_entry
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

FOREIGN = (
    "# the house's own\n"
    "MAILTO=house@example.org\n"
    "\n"
    "17  3 * * *\tbackup   --to '/mnt/b \\% c' # nightly\n"
    "@reboot   fetch-mail\n"
    "*/7 1-5 * jan,mar mon  something odd\n"
    "no shape at all \xe9\n"
    "# 5 4 * * * old # gzcrawler crawl of guangzhou into /srv/was-here\n"
)
"""Lines of others, in shapes that a crontab library would spell anew."""


def _entry(archive: str = "/srv/archive", when: str = "17 3 * * *", portal: str = "guangzhou") -> Entry:
    return Entry(portal=portal, archive=Path(archive), when=when, command=("/usr/bin/python3", "-m", archive))


# -- lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["", FOREIGN, FOREIGN.rstrip("\n")])
def test_lines_of_others_stay_byte_for_byte(table: str) -> None:
    changed = with_entry(table, _entry())
    assert changed.startswith(table)
    whole = table if not table or table.endswith("\n") else table + "\n"
    assert changed == whole + _entry().render() + "\n"
    assert without_entry(changed, _entry()) == whole


def test_an_entry_takes_the_place_of_the_one_before() -> None:
    table = with_entry(FOREIGN, _entry()) + "5 5 * * * later\n"
    changed = with_entry(table, _entry(when="5 4 * * *"))
    assert changed.splitlines()[-2] == _entry(when="5 4 * * *").render()
    assert len(entries(changed)) == 1


def test_another_archive_and_another_portal_have_entries_of_their_own() -> None:
    table = with_entry("", _entry())
    table = with_entry(table, _entry("/srv/other"))
    table = with_entry(table, _entry(portal="hangzhou"))
    assert [(e.portal, str(e.archive)) for e in entries(table)] == [
        ("guangzhou", "/srv/archive"),
        ("guangzhou", "/srv/other"),
        ("hangzhou", "/srv/archive"),
    ]


@pytest.mark.parametrize("archive", ["/srv/a b", "/srv/50%", "/srv/it's", "/srv/# x", "/srv/区"])
def test_an_odd_name_is_found_again_and_cron_sees_no_bare_percent(archive: str) -> None:
    line = _entry(archive).render()
    assert [str(e.archive) for e in entries(line)] == [archive]
    assert "%" not in line.replace(r"\%", "")


@pytest.mark.parametrize("when", ["99 * * * *", "17 3 * *", "soon", "", "1 2 3 4 5 6"])
def test_what_is_no_time_for_cron_is_refused(when: str) -> None:
    with pytest.raises(UsageError, match="is no time for cron"):
        _entry(when=when).render()


def test_a_name_that_would_break_the_line_is_refused() -> None:
    with pytest.raises(UsageError, match="control characters"):
        _entry("/srv/a\nb").render()


def test_python_crontab_reads_the_table_as_we_wrote_it(tmp_path: Path) -> None:
    tab = tmp_path / "tab"
    tab.write_text(with_entry("5 5 * * * before\n", _entry("/srv/a b")), "utf-8")
    _, ours = CronTab(tabfile=str(tab))
    assert (str(ours.slices), ours.comment) == ("17 3 * * *", "gzcrawler crawl of guangzhou into /srv/a b")
    assert ours.is_valid()


# -- the command ------------------------------------------------------------------------------------


class Tab:
    """A `crontab` program over a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "tab"
        program = folder / "bin" / "crontab"
        program.parent.mkdir()
        program.write_text(
            f"""#!/bin/sh
if [ "$1" = -l ]; then
    [ -e {self.file} ] || {{ echo "no crontab for tester" >&2; exit 1; }}
    exec cat {self.file}
fi
exec cat > {self.file}
"""
        )
        program.chmod(0o755)
        self.environment = {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "GZCRAWLER_CONTACT": "archive@example.org",
        }

    def read(self) -> bytes:
        return self.file.read_bytes() if self.file.exists() else b""


@pytest.fixture
def tab(tmp_path: Path) -> Tab:
    return Tab(tmp_path)


def test_install_and_remove_leave_the_rest_as_it_was(
    call: Callable[..., Result], tab: Tab, crawled: Path
) -> None:
    foreign = FOREIGN.encode("latin-1")
    tab.file.write_bytes(foreign)
    result = call("schedule", "install", "--archive", crawled, "--yes", **tab.environment)
    assert result.exit_code == 0
    line = tab.read().removeprefix(foreign).decode()
    assert line.startswith(f"17 3 * * * {sys.executable} -m gzcrawler crawl --quiet --existing --archive ")
    assert str(crawled / "logs" / "crawl.log") in line
    assert result.stdout == f"+{line}changed\n"
    assert call("schedule", "install", "--archive", crawled, "--yes", **tab.environment).stdout == (
        "nothing to change\n"
    )
    shown = call("schedule", "show", "--archive", crawled, **tab.environment).stdout
    assert shown == line
    assert call("schedule", "remove", "--archive", crawled, "--yes", **tab.environment).exit_code == 0
    assert tab.read() == foreign


def test_without_yes_and_nobody_to_ask_nothing_changes(
    call: Callable[..., Result], tab: Tab, crawled: Path
) -> None:
    result = call("schedule", "install", "--archive", crawled, **tab.environment)
    assert result.exit_code == 2
    assert "say --yes" in result.stderr
    assert tab.read() == b""


def test_an_archive_that_was_moved_is_named(
    call: Callable[..., Result], tab: Tab, crawled: Path, tmp_path: Path
) -> None:
    tab.file.write_text(_entry(str(tmp_path / "gone")).render() + "\n", "utf-8")
    result = call("schedule", "show", "--archive", crawled, **tab.environment)
    assert result.exit_code == 0
    assert f"the entry for {tmp_path / 'gone'} names an archive that is not there any more" in result.stderr
    call("schedule", "remove", "--archive", tmp_path / "gone", "--yes", **tab.environment)
    assert tab.read() == b""


def test_a_crawl_of_a_moved_archive_makes_no_new_one(call: Callable[..., Result], tmp_path: Path) -> None:
    result = call("crawl", "--quiet", "--existing", "--archive", tmp_path / "gone")
    assert result.exit_code == 2
    assert "no such folder" in result.stderr
    assert not (tmp_path / "gone").exists()


def test_what_the_crawl_would_refuse_at_night_is_refused_at_once(
    call: Callable[..., Result], tab: Tab, crawled: Path, tmp_path: Path
) -> None:
    without = tab.environment | {"GZCRAWLER_CONTACT": ""}
    assert "says who crawls" in call("schedule", "install", "--archive", crawled, **without).stderr
    nowhere = call("schedule", "install", "--archive", tmp_path / "gone", **tab.environment)
    assert (nowhere.exit_code, tab.read()) == (2, b"")


def test_a_timer_for_systemd_has_all_its_paths(call: Callable[..., Result], tab: Tab, crawled: Path) -> None:
    given = ("schedule", "show", "--systemd", "--archive", crawled, "--cron")
    told = call(*given, "5 4 * * *", **tab.environment).stdout
    assert "OnCalendar=*-*-* 04:05:00" in told
    assert f'ExecStart="{sys.executable}" "-m" "gzcrawler" "crawl"' in told
    assert call(*given, "@weekly", **tab.environment).exit_code == 2


def test_where_there_is_no_crontab_program_one_line_says_so(
    call: Callable[..., Result], crawled: Path, tmp_path: Path
) -> None:
    result = call(
        "schedule", "show", "--archive", crawled, PATH=str(tmp_path), GZCRAWLER_CONTACT="a@example.org"
    )
    assert result.exit_code == 2
    assert "there is no `crontab` program here" in result.stderr
    assert len(result.stderr.splitlines()) == 1
