"""Digests: what a message says, by its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from avwap_cli.review.digests import (
    Health,
    Message,
    Run,
    Severity,
    age,
    gathered,
    of_notices,
    of_run,
    severity_of,
)
from avwap_cli.review.sample_messages import samples
from avwap_cli.trading.facts import Notice

DAY = date(2024, 3, 8)
AT = datetime(2024, 3, 8, 15, tzinfo=UTC)
HEALTH = Health(4.25 * 3600, 5, 6.5, 20, "alpaca sip", "fresh")
SCAN = Run("scan", DAY, "paper", "done", "5 candidates of 12 signals")


def notice(kind: str, text: str = "text", *, page: bool = False, begins: bool = True) -> Notice:
    return Notice(AT, DAY, kind, f"{kind}.KO", text, page=page, begins=begins)


@pytest.mark.parametrize(
    ("told", "severity"),
    [
        (notice("unprotected", page=True), "page"),
        (notice("unprotected", begins=False), "info"),
        (notice("halt"), "warning"),
        (notice("stage"), "warning"),
        (notice("stage", begins=False), "info"),
        (replace(notice("stage", begins=False), key="refused.scan.2024-03-08"), "warning"),
        (notice("window", begins=False), "warning"),
        (notice("refusal", begins=False), "warning"),
        (notice("entry", begins=False), "info"),
        (notice("exit", begins=False), "info"),
        (notice("scan", begins=False), "info"),
    ],
)
def test_a_page_pages_when_it_begins_and_an_end_is_news(told: Notice, severity: str) -> None:
    assert severity_of(told).value == severity


def test_a_digest_has_what_matters_most_first_and_the_health_line_last() -> None:
    told = [
        notice("entry", "KO: bought 100", begins=False),
        notice("refusal", "no buying power", begins=False),
        notice("unprotected", "KO: bare", page=True),
    ]
    run = Run("enter-moo", DAY, "paper", "done", "moo: 2 entered")
    message = of_run(run, told, HEALTH)
    assert message is not None
    assert message.severity is Severity.PAGE
    assert message.title == "PAGE avwap paper: enter-moo 2024-03-08"
    assert message.lines == (
        "PAGE unprotected: KO: bare",
        "warning refusal: no buying power",
        "entry: KO: bought 100",
        "moo: 2 entered",
    )
    assert message.foot == (
        "health: scan 4.2 h old, 5 candidates (median of 20: 6.5); feed alpaca sip, bars fresh",
    )


def test_the_health_line_says_what_is_not_known() -> None:
    assert Health().line == "health: no scan; feed not known, bars missing"
    first = Health(90, 1, None, 0, "files", "stale").line
    assert first == "health: scan 2 min old, 1 candidate (none before); feed files, bars stale"


def test_candidates_are_a_table_narrow_enough_for_a_phone() -> None:
    rows = (
        {"rank": 1, "symbol": "KO", "direction": "long", "entry": 61.2, "stop": 59.8,
         "strategy": "avwap"},
        {"rank": 2, "symbol": "BRK.B", "direction": "short", "entry": 10**400, "stop": True,
         "strategy": "bb_squeeze"},
    )  # fmt: skip
    message = of_run(replace(SCAN, candidates=rows), (), HEALTH)
    assert message is not None
    assert message.table == (
        "#  symbol  side   entry  stop   strategy",
        "1  KO      long   61.20  59.80  avwap",
        "2  BRK.B   short  -      -      bb_squeeze",
    )
    many = of_run(replace(SCAN, candidates=rows[:1] * 40), (), HEALTH)
    assert many is not None
    assert (len(many.table), many.table[-1]) == (17, "... and 25 more")


def test_a_report_names_the_page() -> None:
    run = Run("report", DAY, "live", "done", "1 exit", files=("outputs/x/report.html",))
    message = of_run(run, (), HEALTH)
    assert message is not None
    assert message.foot[0] == "outputs/x/report.html"


def test_degraded_data_warn_with_their_reasons() -> None:
    run = replace(SCAN, quality="degraded", warnings=("90 % have their bar",))
    message = of_run(run, (), HEALTH, quiet=True)
    assert message is not None
    assert message.severity is Severity.WARNING
    assert "quality: degraded" in message.lines
    assert "90 % have their bar" in message.lines


@pytest.mark.parametrize("state", ["unchanged", "frozen", "failed", "refused", ""])
def test_a_run_that_did_nothing_and_tells_nothing_sends_nothing(state: str) -> None:
    assert of_run(replace(SCAN, state=state), (), HEALTH) is None


def test_quiet_tells_what_is_wrong_and_nothing_else() -> None:
    assert of_run(SCAN, (), HEALTH, quiet=True) is None
    assert of_run(SCAN, [notice("entry", begins=False)], HEALTH, quiet=True) is None
    assert of_run(SCAN, [notice("halt")], HEALTH, quiet=True) is not None
    assert of_run(SCAN, (), HEALTH) is not None


def test_what_is_in_a_notice_is_not_said_again() -> None:
    told = notice("scan", f"done: {SCAN.summary}; to be closed: KO", begins=False)
    message = of_run(SCAN, [told], HEALTH)
    assert message is not None
    assert message.lines == (f"scan: {told.text}",)


def test_a_failure_says_so_in_its_title() -> None:
    run = Run("scan", DAY, "paper", "failed")
    message = of_run(run, [notice("stage", "scan failed: no bars")], HEALTH)
    assert message is not None
    assert message.title == "warning avwap paper: scan 2024-03-08 failed"


def test_hostile_text_stays_on_its_line_and_within_its_length() -> None:
    told = [notice("entry", f"a\nb\x1b[2J{'x' * 5000}", begins=False)]
    (line,) = of_notices(SCAN, told).lines
    assert line.startswith("entry: a b [2Jxxx")
    assert len(line) == 300
    many = of_notices(SCAN, told * 400)
    assert len(many.lines) == 26
    assert many.lines[-1] == "... and 375 more"


def test_earlier_messages_come_along_with_their_number_and_the_highest_severity() -> None:
    now = Message(Severity.INFO, "avwap paper: report 2024-03-08", ("1 exit",), foot=("health",))
    before = [
        Message(Severity.PAGE, "PAGE avwap paper: monitor 2024-03-08", ("KO: bare",)),
        Message(Severity.INFO, "avwap paper: scan 2024-03-08", ("5 candidates",)),
    ]
    both = gathered(now, before, dropped=3)
    assert both.severity is Severity.PAGE
    assert both.title == "PAGE avwap paper: report 2024-03-08"
    assert both.lines == (
        "1 exit",
        "5 earlier messages were held back or not delivered:",
        "PAGE avwap paper: monitor 2024-03-08",
        "  KO: bare",
        "avwap paper: scan 2024-03-08",
        "  5 candidates",
        "3 of them were too many to keep; alerts.jsonl has them",
    )
    assert both.foot == ("health",)
    assert gathered(now, ()) is now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 min"), (90, "2 min"), (3600, "1.0 h"), (47 * 3600, "47.0 h"), (259200, "3.0 days")],
)
def test_an_age_is_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_there_is_a_sample_of_each_kind_and_each_says_that_it_is_one() -> None:
    found = dict(samples(DAY, AT))
    assert {"scan", "orders", "degraded", "report", "entry", "exit", "refusal", "halt", "window",
            "stage", "differs", "unprotected"} == set(found)  # fmt: skip
    assert all("TEST" in message.title for message in found.values())
    assert {m.severity for m in found.values()} == set(Severity)
    assert found["scan"].table
    assert found["orders"].table[1].split() == ["KO", "long", "100", "40", "61.20", "open"]
