"""What a run concludes from what it did."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gzcrawler.archive import Failure, Fetched, HostEvidence, Outcome, Recorded
from gzcrawler.archive.rhythm import Wait
from gzcrawler.archive.run_findings import LostList, RunFindings
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal
from gzcrawler.verdicts import Conclusion, Progress, conclude
from gzcrawler.walks import Walk

SITE = "https://www.eguangzhou.gov.cn"
NOW = datetime(2026, 1, 15, tzinfo=UTC)


def _progress() -> Progress:
    return Progress(load_portal("guangzhou"))


def _capture(
    progress: Progress,
    path: str,
    outcome: Outcome,
    kind: str = "article",
    *,
    status: int = 200,
    reason: str | None = None,
    page: int = 1,
    location: str | None = None,
) -> None:
    headers = (("Location", location),) if location else ()
    capture = Capture(url=SITE + path, captured_at=NOW, status=status, response_headers=headers)
    recorded = Recorded(outcome=outcome, page_id=page, kind=kind, url=SITE + path, reason=reason)
    progress.take(Fetched(capture, None), recorded)


def _failure(progress: Progress, path: str, outcome: Outcome = Outcome.FAILED, page: int = 1) -> None:
    failure = Failure(SITE + path, NOW, "timeout", "no answer")
    progress.take(
        failure, Recorded(outcome=outcome, page_id=page, kind="article", url=SITE + path, reason="timeout")
    )


def _conclude(progress: Progress, **given: Any) -> Conclusion:
    facts: dict[str, Any] = {
        "hosts": (),
        "walks": (),
        "newly_quarantined": 0,
        "due_left": 12,
        "interrupted": None,
        "limit_reached": False,
    }
    return conclude(progress, **facts | given)


def _host(stopped_because: str | None) -> HostEvidence:
    return HostEvidence(
        host="a.test",
        requests=1,
        smallest_gap=None,
        demanded_gap=1.0,
        robots=None,
        stopped_because=stopped_because,
    )


def test_a_page_that_came_is_complete() -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    assert _conclude(progress) == Conclusion(exit_code=0, said="complete", alarms=())


def test_robots_txt_alone_is_no_page() -> None:
    progress = _progress()
    _capture(progress, "/robots.txt", Outcome.STORED, "robots")
    assert _conclude(progress).said == "complete: nothing was due"


def test_an_interruption_goes_before_everything() -> None:
    progress = _progress()
    _failure(progress, "/a.html")
    assert _conclude(progress, interrupted="SIGINT").exit_code == 130
    assert _conclude(progress, interrupted="SIGTERM").exit_code == 143


def test_unreachable_goes_before_alarms() -> None:
    progress = _progress()
    _failure(progress, "/a.html")
    concluded = _conclude(progress, newly_quarantined=1)
    assert concluded.exit_code == 11
    assert concluded.said == (
        f"portal unreachable or refusing: 1 page asked, none shown ({SITE}/a.html: timeout); nothing is lost"
    )


@pytest.mark.parametrize(
    ("outcome", "kind", "status"),
    [
        (Outcome.FAULT, "unknown", 503),
        (Outcome.MISSING, "challenge", 200),
        (Outcome.STORED, "unknown", 403),
        (Outcome.STORED, "unknown", 401),
    ],
)
def test_an_answer_without_the_page_is_no_answer(outcome: Outcome, kind: str, status: int) -> None:
    progress = _progress()
    for _ in range(3):
        _capture(progress, "/a.html", outcome, kind, status=status, reason="refused")
    assert _conclude(progress).exit_code == 11


def test_a_page_that_is_gone_is_an_answer() -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.MISSING, "removed", status=404)
    assert _conclude(progress).exit_code == 0


def test_what_was_made_good_does_not_alarm() -> None:
    progress = _progress()
    _failure(progress, "/a.html")
    _capture(progress, "/a.html", Outcome.FAULT, "unknown", status=503)
    _capture(progress, "/other/address.html", Outcome.FIRST)
    assert _conclude(progress).exit_code == 0


def test_what_was_not_made_good_alarms_once_a_page() -> None:
    progress = _progress()
    _capture(progress, "/b.html", Outcome.FIRST, page=2)
    _failure(progress, "/a.html")
    _failure(progress, "/a/other/address.html")
    assert _conclude(progress).alarms == ("1 page could not be fetched",)


def test_a_page_that_leads_to_itself_has_failed() -> None:
    progress = _progress()
    _capture(progress, "/b.html", Outcome.FIRST, page=2)
    story = "/2020-01/02/c_1.htm"
    _capture(progress, story, Outcome.MOVED, "redirect", status=302, location=f"{story}?again=1")
    assert _conclude(progress).alarms == ("1 page could not be fetched",)


def test_a_page_that_leads_elsewhere_has_not() -> None:
    progress = _progress()
    _capture(progress, "/2020-01/02/c_1.htm", Outcome.MOVED, "redirect", status=302, location="/news.html")
    assert _conclude(progress).exit_code == 0


def test_a_portal_that_forbids_everything_refuses() -> None:
    progress = _progress()
    _failure(progress, "/a.html", Outcome.FORBIDDEN)
    assert _conclude(progress).exit_code == 11


def test_a_portal_that_forbids_something_does_not() -> None:
    progress = _progress()
    _failure(progress, "/search/a.html", Outcome.FORBIDDEN)
    _capture(progress, "/a.html", Outcome.FIRST, page=2)
    assert _conclude(progress).exit_code == 0


@pytest.mark.parametrize(
    ("given", "alarm"),
    [
        ({"newly_quarantined": 2}, "2 pages newly in quarantine"),
        ({"hosts": (_host("unreachable"),)}, "host stopped: a.test: unreachable"),
        (
            {"walks": (Walk("section 'news'", fruitless=500, last="x"),)},
            "section 'news': followed no further, 500 in a row showed nothing new, the last x",
        ),
    ],
)
def test_each_alarm_is_said(given: dict[str, Any], alarm: str) -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    concluded = _conclude(progress, **given)
    assert concluded == Conclusion(exit_code=10, said=f"finished with alarms: {alarm}", alarms=(alarm,))


def test_the_limit_is_no_alarm() -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    assert _conclude(progress, limit_reached=True).said == "complete up to --max-pages, 12 pages left"


# -- what the archive knows besides -----------------------------------------------------------------


def _findings(**given: Any) -> RunFindings:
    facts: dict[str, Any] = {
        "silent": {},
        "newly_silent": (),
        "lost": (),
        "newly_lost": (),
        "clock_behind": None,
    }
    return RunFindings(**facts | given)


def _alarms(**given: Any) -> tuple[str, ...]:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    return _conclude(progress, **given).alarms


def test_nothing_new_where_there_was_always_something_alarms() -> None:
    wait = Wait(date(2026, 1, 1), date(2026, 1, 10), 1, 3.0)
    silent = {"gzlatest": wait, "gzservice": wait}
    assert _alarms(findings=_findings(silent=silent, newly_silent=("gzlatest",))) == (
        "nothing new in gzlatest for 9 days (usual: within 1)",
    )


def test_lost_lists_are_named_up_to_three() -> None:
    lost = tuple(LostList(f"{SITE}/{name}.html", "removed") for name in "abcd")
    (alarm,) = _alarms(findings=_findings(lost=lost, newly_lost=lost))
    assert alarm.startswith(f"no list any more: {SITE}/a.html (removed), ")
    assert alarm.endswith(" and 1 more")
    assert _alarms(findings=_findings(lost=lost)) == ()


def test_a_clock_that_was_set_back_alarms() -> None:
    assert _alarms(findings=_findings(clock_behind=timedelta(hours=3))) == (
        "the clock stands 3:00:00 before the end of the last run",
    )


def test_pages_of_hosts_that_the_map_does_not_name_alarm() -> None:
    assert _alarms(strange_hosts=["old.test"]) == ("pages are due at old.test, which the map does not name",)


def _list_page(progress: Progress, path: str, kind: str, page: int) -> None:
    _capture(
        progress, path, Outcome.LISTED if kind == "listing" else Outcome.STORED, kind, page=page, status=200
    )


def test_where_no_list_reads_as_one_the_layout_has_drifted() -> None:
    progress = _progress()
    _list_page(progress, "/gzlatest.html", "unknown", 1)
    _list_page(progress, "/gzservice.html", "home", 2)
    concluded = _conclude(progress)
    assert concluded.exit_code == 12
    assert concluded.said == f"layout drift: of 2 lists none reads as a list ({SITE}/gzlatest.html)"


def test_one_list_that_reads_is_no_drift() -> None:
    progress = _progress()
    _list_page(progress, "/gzlatest.html", "unknown", 1)
    _list_page(progress, "/gzservice.html", "listing", 2)
    assert _conclude(progress).exit_code == 0
    assert progress.lists == {"gzservice": 1}


def test_a_window_that_closed_is_complete_up_to_there() -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    concluded = _conclude(progress, window_closed=True)
    assert concluded == Conclusion(
        exit_code=0, said="complete up to the end of the window, 12 pages left", alarms=()
    )


def test_drift_is_named_before_other_alarms_and_has_its_own_exit_code() -> None:
    progress = _progress()
    _capture(progress, "/a.html", Outcome.FIRST)
    _failure(progress, "/b.html", page=2)
    fall = "layout subsite: source filled on 0.0% of 20 pages, on 99.8% before"
    concluded = _conclude(progress, drift=[fall])
    assert concluded.exit_code == 12
    assert concluded.alarms == (f"layout drift: {fall}", "1 page could not be fetched")
    assert concluded.said == "; ".join(concluded.alarms)
    assert _conclude(progress, drift=[fall], interrupted="SIGINT").exit_code == 130
