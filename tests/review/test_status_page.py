"""The status page as a function of what was found and the time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli import playbook
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord
from avwap_cli.review.status_page import Found, StatusPage, status_page
from avwap_cli.stages.operations.status import stage_times

TRADE, AS_OF = date(2024, 3, 8), date(2024, 3, 7)
CACHE = {
    "as_of": "2024-03-07", "provider": "alpaca", "feed": "sip",
    "coverage": {"expected": 2985, "with_bar": 2980, "frac": 0.9983},
}  # fmt: skip
CANDIDATE = {
    "rank": 1, "symbol": "ADP", "strategy": "avwap", "direction": "long", "entry": 244.008,
    "stop": 240.348, "r1": 247.668, "score": 0.8373, "sector": "Industrials", "metadata": {},
}  # fmt: skip
BARE = {"rank": 2, "symbol": "X", "strategy": "avwap", "direction": "short", "metadata": {}}
SCAN = {
    "regime": {"name": "TREND", "direction": "up", "numbers": {"adx": 27.8}},
    "quality": {"state": "clean", "reasons": []},
    "hindsight": [],
    "candidates": [CANDIDATE],
}
EVERY_STAGE = frozenset({"universe", "refresh-cache", "scan"})
RUN = RunRecord(
    stage="scan",
    trade_session=TRADE,
    as_of=AS_OF,
    started=datetime(2024, 3, 7, 20, tzinfo=EASTERN),
    seconds=1.5,
    host="desk",
    pid=1,
    code_version="0.1.0",
    config_hash="",
    state="done",
    counts={"candidates": 12},
)


def page(now: str, found: Found = Found()) -> StatusPage:  # noqa: B008
    return status_page(
        TRADE,
        datetime.fromisoformat(now).replace(tzinfo=EASTERN),
        [stage_times(stage, TRADE) for stage in playbook.STAGES],
        stage_times(playbook.STAGES[0], date(2024, 3, 11)),
        found,
    )


def states(shown: StatusPage) -> list[str]:
    """Of the evening's stages."""
    return [line.state.value for line in shown.stages][:3]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-03-07T17:00", ["not yet", "not yet", "not yet"]),
        ("2024-03-07T18:30", ["due", "not yet", "not yet"]),
        ("2024-03-07T20:00", ["overdue", "due", "due"]),
        ("2024-03-07T23:30", ["overdue", "overdue", "overdue"]),
        ("2024-03-08T09:20", ["missing", "missing", "missing"]),
    ],
)
def test_states_of_a_session_where_nothing_was_done(now: str, expected: list[str]) -> None:
    shown = page(now)
    assert states(shown) == expected
    assert shown.healthy is not bool({"overdue", "missing"} & set(expected))


def test_all_done_shows_candidates_regime_data_and_what_is_next() -> None:
    found = Found(runs={"scan": RUN}, written=EVERY_STAGE, scan=SCAN, cache=CACHE, latest=TRADE)
    shown = page("2024-03-07T20:15", found)
    assert states(shown) == ["done", "done", "done"]
    assert shown.regime == {"name": "TREND", "direction": "up"}
    assert shown.data == {
        "state": "fresh", "as_of": "2024-03-07", "age_s": 15300.0, "provider": "alpaca", "feed": "sip",
        "expected": 2985, "with_bar": 2980,
    }  # fmt: skip
    assert [dict(c) for c in shown.candidates] == [
        {k: v for k, v in CANDIDATE.items() if k not in ("sector", "metadata")}
    ]
    assert shown.next_due == {
        "stage": "universe", "at": "2024-03-08T18:30:00-05:00", "in_s": 80100.0,
    }  # fmt: skip
    assert shown.ages == {"universe": None, "report dates": None, "scan": 900.0}
    assert (shown.nothing, shown.warnings, shown.healthy) == (None, (), True)
    line = shown.stages[2]
    assert (line.seconds, line.counts, line.note) == (1.5, {"candidates": 12}, "")
    assert (line.started, line.ended) == ("2024-03-07T20:00:00-05:00", None)


def test_a_run_ended_by_the_clock_of_the_windows() -> None:
    real = datetime(2026, 11, 21, 12, tzinfo=EASTERN)
    run = replace(RUN, started=real, ended=datetime(2024, 3, 7, 20, 1, tzinfo=EASTERN))
    line = page("2024-03-07T20:15", Found(runs={"scan": run}, written=EVERY_STAGE)).stages[2]
    assert (line.opens, line.ended) == ("2024-03-07T20:00:00-05:00", "2024-03-07T20:01:00-05:00")
    at_work = Found(runs={"scan": run}, running={"scan": RUN.started})
    line = page("2024-03-07T20:15", at_work).stages[2]
    assert (line.started, line.ended) == ("2024-03-07T20:00:00-05:00", None)


def test_the_next_due_is_the_first_stage_to_do() -> None:
    assert page("2024-03-07T17:00").next_due == {
        "stage": "universe", "at": "2024-03-07T18:30:00-05:00", "in_s": 5400.0,
    }  # fmt: skip
    after = Found(written=frozenset({"universe"}))
    assert page("2024-03-07T18:45", after).next_due["stage"] == "refresh-cache"
    assert page("2024-03-07T19:45", after).next_due["at"] == "2024-03-07T19:45:00-05:00"
    assert page("2024-03-08T10:00").next_due["at"] == "2024-03-08T18:30:00-05:00"


def test_a_running_stage_counts_its_seconds() -> None:
    since = datetime(2024, 3, 7, 20, 0, tzinfo=EASTERN)
    shown = page(
        "2024-03-07T20:01", Found(running={"refresh-cache": since}, written=frozenset({"universe"}))
    )
    assert states(shown) == ["done", "running", "due"]
    assert shown.stages[1].seconds == 60.0
    assert shown.nothing is not None
    assert "refresh-cache is running since" in shown.nothing


@pytest.mark.parametrize(
    "changes", [{"state": "failed", "exit_code": 5}, {"state": "refused", "exit_code": 0}]
)
def test_a_failed_run_is_said_with_its_error(changes: dict[str, Any]) -> None:
    run = replace(RUN, error="alpaca did not answer", **changes)
    shown = page(
        "2024-03-07T20:15",
        Found(runs={"scan": run}, written=frozenset({"universe", "refresh-cache"})),
    )
    assert states(shown) == ["done", "done", "failed"]
    assert not shown.healthy
    assert shown.nothing == "no candidates for 2024-03-08: scan failed: alpaca did not answer"
    assert shown.next_due["stage"] == "scan"


def test_a_failed_run_after_a_good_one_still_shows_the_plan_that_is_there() -> None:
    run = replace(RUN, state="failed", exit_code=4, error="cache damaged")
    shown = page(
        "2024-03-07T20:15", Found(runs={"scan": run}, written=EVERY_STAGE, scan=SCAN, cache=CACHE)
    )
    assert states(shown)[2] == "failed"
    assert len(shown.candidates) == 1


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("2024-03-07T17:00", "universe is not due before Thu 2024-03-07 18:30 ET"),
        ("2024-03-07T18:31", "universe is due; run `avwap universe --session 2024-03-08`"),
        ("2024-03-07T21:31", "universe is overdue; run `avwap universe --session 2024-03-08`"),
        ("2024-03-08T10:00", "universe was not done; run `avwap universe --session 2024-03-08`"),
    ],
)
def test_nothing_says_why(now: str, sentence: str) -> None:
    newest = " (the newest session with results is 2024-03-07)"
    assert page(now).nothing == f"no candidates for 2024-03-08: {sentence}"
    assert (
        page(now, Found(latest=AS_OF)).nothing
        == f"no candidates for 2024-03-08: {sentence}{newest}"
    )


def test_an_empty_scan_says_its_own_sentence() -> None:
    why = "0 AVWAP setups: SPY 410.68 is below its 200-session mean 423.01"
    empty = {**SCAN, "candidates": [], "notes": [why, "no batch signal"]}
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=empty, cache=CACHE))
    assert shown.nothing == f"{why}; no batch signal"
    bare = page(
        "2024-03-07T20:15", Found(written=EVERY_STAGE, scan={"candidates": []}, cache=CACHE)
    )
    assert bare.nothing == "the scan for 2024-03-08 kept no candidate"


def test_warnings_name_stale_data_quality_hindsight_and_runs_once() -> None:
    scan = {
        **SCAN,
        "quality": {"state": "degraded", "reasons": ["feed", "earnings"]},
        "hindsight": ["sectors"],
    }
    run = replace(RUN, stage="universe", warnings=("12 names lost", "12 names lost"))
    found = Found(
        runs={"universe": run, "scan": replace(RUN, warnings=("degraded",))}, written=EVERY_STAGE, scan=scan, cache={**CACHE, "as_of": "2024-03-06"},
        problems=("a record is unreadable",),
    )  # fmt: skip
    assert page("2024-03-07T20:15", found).warnings == (
        "a record is unreadable",
        "the bars are of 2024-03-06, not of 2024-03-07; run `avwap refresh-cache`",
        "the scan is degraded: feed, earnings",
        "the scan used inputs known only later (sectors)",
        "universe: 12 names lost",
    )


def test_age_counts_real_time_over_a_change_of_clocks() -> None:
    cache = {**CACHE, "as_of": "2024-03-08"}
    shown = status_page(
        date(2024, 3, 11),
        datetime(2024, 3, 10, 16, tzinfo=EASTERN),  # clocks went forward at 02:00
        [stage_times(stage, date(2024, 3, 11)) for stage in playbook.STAGES],
        stage_times(playbook.STAGES[0], date(2024, 3, 12)),
        Found(cache=cache),
    )
    assert shown.data["age_s"] == 47 * 3600


ODD_KEYS = [*CANDIDATE, "name", "state", "reasons", "expected", "with_bar"]
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "=cmd", "\x1b[2J", "2024-03-07", "2024-03-09", "1900-01-01", "9999-12-31"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ODD_KEYS), inner),
    max_leaves=8,
)
KEYS = ["regime", "quality", "hindsight", "candidates", "notes", "as_of", "feed", "coverage"]


@given(st.dictionaries(st.sampled_from(KEYS), odd), st.dictionaries(st.sampled_from(KEYS), odd))
def test_no_document_however_odd_stops_the_page(
    scan: dict[str, Any], cache: dict[str, Any]
) -> None:
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=scan, cache=cache))
    assert json.loads(json.dumps(shown.body(), allow_nan=False))["trade_session"] == "2024-03-08"
    assert bool(shown.candidates) is (shown.nothing is None)


def test_what_is_no_candidate_is_said() -> None:
    scan = {**SCAN, "candidates": [CANDIDATE, BARE, {"symbol": "X", "rank": 3}, 7]}
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=scan, cache=CACHE))
    assert [(c["symbol"], c["score"]) for c in shown.candidates] == [("ADP", 0.8373), ("X", None)]
    assert "2 of the candidates in scan.json are not readable and not shown" in shown.warnings
    assert states(shown)[2] == "failed"
    assert not shown.healthy


@pytest.mark.parametrize(
    ("coverage", "state"),
    [((42, 0), "thin"), ((100, 94), "thin"), ((100, 95), "fresh"), ((42, 42), "fresh")],
)
def test_bars_are_as_fresh_as_what_they_cover(coverage: tuple[int, int], state: str) -> None:
    expected, with_bar = coverage
    cache = {**CACHE, "coverage": {"expected": expected, "with_bar": with_bar, "frac": 0.5}}
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=SCAN, cache=cache))
    assert shown.data["state"] == state
    said = f"only {with_bar} of {expected} symbols have their bar of 2024-03-07"
    assert any(said in warning for warning in shown.warnings) is (state == "thin")
    assert shown.healthy


@pytest.mark.parametrize(
    "cache",
    [
        {},
        {**CACHE, "as_of": "2024-03-09"},
        {**CACHE, "coverage": None},
        {**CACHE, "coverage": {"expected": 0, "with_bar": 0}},
        {**CACHE, "coverage": {"expected": "", "with_bar": 3}},
        {**CACHE, "coverage": {"expected": True, "with_bar": True}},
        {**CACHE, "coverage": {"expected": 3, "with_bar": 4}},
    ],
)
def test_a_cache_document_that_says_nothing_is_a_failed_refresh(cache: dict[str, Any]) -> None:
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=SCAN, cache=cache))
    assert states(shown) == ["done", "failed", "done"]
    assert "cache.json" in shown.stages[1].note
    assert not shown.healthy
    assert shown.data["state"] != "fresh"


@pytest.mark.parametrize("candidates", [None, "ADP", {"rank": 1}, [7]])
def test_a_scan_without_readable_candidates_is_a_failed_scan(candidates: object) -> None:
    scan = {**SCAN, "candidates": candidates}
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=scan, cache=CACHE))
    assert states(shown) == ["done", "done", "failed"]
    assert not shown.healthy
    assert shown.nothing == "the candidates in scan.json cannot be read; run `avwap scan` again"


def test_what_cannot_be_read_is_a_failed_stage_unless_it_is_being_written() -> None:
    found = Found(written=EVERY_STAGE, cache=CACHE, unreadable={"scan": "scan.json is not JSON"})
    shown = page("2024-03-07T20:15", found)
    assert states(shown) == ["done", "done", "failed"]
    assert shown.stages[2].note == "scan.json is not JSON"
    assert (shown.healthy, shown.nothing) == (False, "scan.json is not JSON")
    since = datetime(2024, 3, 7, 20, 14, tzinfo=EASTERN)
    assert page("2024-03-07T20:15", replace(found, running={"scan": since})).healthy


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**400])
def test_a_number_that_json_cannot_carry_is_shown_as_text(number: float) -> None:
    scan = {
        "regime": {"name": number, "direction": "up"},
        "quality": {"state": "clean", "reasons": [number]},
        "candidates": [{**CANDIDATE, "entry": number}],
    }
    cache = {**CACHE, "feed": number, "coverage": {"expected": number, "with_bar": 1}}
    shown = page("2024-03-07T20:15", Found(written=EVERY_STAGE, scan=scan, cache=cache))
    json.dumps(shown.body(), allow_nan=False)
    assert shown.candidates == ()
    assert shown.regime == {"name": str(number), "direction": "up"}
    assert shown.data["feed"] == str(number)
    assert states(shown) == ["done", "failed", "failed"]
