"""Crontab checks: each of the five faults alone, with the line it is on."""

from __future__ import annotations

import pytest

from avwap_cli.review.operations.cron_hosts import CronHost
from avwap_cli.review.operations.crontab_checks import Fault, Need, Needs, Wrong, faults

CRONIE = CronHost("cronie 1.7.2", honours_cron_tz=True, time_zone="Europe/Berlin")
DEBIAN = CronHost("Debian's cron", honours_cron_tz=False, time_zone="Europe/Berlin")
SCAN = Need(("scan",), at=frozenset({1200, 1215}), may=frozenset(range(1200, 1260)))
MOO = ("enter", "--group", "moo")
NEEDS = Needs("/srv", "/bin/avwap", (SCAN,), known=frozenset({("scan",), MOO}))
HEAD = "CRON_TZ=America/New_York\nAVWAP_HOME=/srv\n"
GOOD = "0,15 20 * * 1-5 /bin/avwap scan"
TICK = "* * * * * /bin/avwap tick"


def found(*lines: str, head: str = HEAD, host: CronHost = CRONIE) -> tuple[Fault, ...]:
    return faults(head + "\n".join(lines), host, NEEDS)


def only(*lines: str, head: str = HEAD, host: CronHost = CRONIE) -> tuple[Wrong, str, str]:
    """What is wrong, of which command, and the sentence."""
    (fault,) = found(*lines, head=head, host=host)
    return fault.wrong, ", ".join(fault.commands), fault.text


@pytest.mark.parametrize(
    "line", [GOOD, TICK, f"{GOOD}\n0 3 * * * /bin/backup\n0 8 * * * avwap status"]
)
def test_a_crontab_that_does_it_all_has_no_fault(line: str) -> None:
    assert found(line) == ()


def test_nothing_asks_a_stage() -> None:
    wrong = only()
    assert wrong == (Wrong.MISSING, "scan", "nothing asks `avwap scan`, from 20:00 New York time")
    assert found()[0].lines == ()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("0 20 * * 1-5 /bin/avwap scan", "`avwap scan` is not asked at 20:15"),
        ("0,15 20,21 * * * /bin/avwap scan",
         "`avwap scan` is asked outside its window at 21:00 and 1 more times"),
        ("0,15 20 * * 1-4 /bin/avwap scan", "it must run Monday to Friday, in every month"),
    ],
)  # fmt: skip
def test_its_time_is_wrong(line: str, text: str) -> None:
    assert only(line) == (Wrong.TIME, "scan", text)
    assert found(line)[0].lines == (line,)


def test_a_tick_belongs_into_every_minute() -> None:
    text = "a tick belongs into every minute of every day"
    for fields in ("*/2 * * * *", "* * * * 1-5"):
        assert only(f"{fields} /bin/avwap tick") == (Wrong.TIME, "tick", text)


def test_the_same_minute_twice_is_one_too_many() -> None:
    text = "asked without need: another line does at the same minute"
    assert only(GOOD, "15 20 * * 1-5 /bin/avwap scan --quiet") == (Wrong.EXTRA, "scan", text)


def test_a_stage_beside_a_tick_is_one_too_many_and_so_is_a_tick_beside_a_timer() -> None:
    assert only(TICK, GOOD) == (
        Wrong.EXTRA,
        "scan",
        "asked without need: the tick starts it already",
    )
    timed = CronHost("cronie", True, "UTC", ("/etc/systemd/system/avwap.timer",))
    assert found(host=timed) == ()
    assert only(TICK, host=timed)[:2] == (Wrong.EXTRA, "tick")
    text = "asked without need: /etc/systemd/system/avwap.timer starts it already"
    assert only(GOOD, host=timed) == (Wrong.EXTRA, "scan", text)


def test_an_entry_of_no_group() -> None:
    wrong = only(TICK, "26 9 * * 1-5 /bin/avwap enter --group mooo")
    assert wrong == (
        Wrong.EXTRA,
        "enter --group mooo",
        "asked without need: there is no group mooo",
    )


@pytest.mark.parametrize(
    ("zone", "host", "text"),
    [
        ("", CRONIE, "its hours are read as Europe/Berlin, not as America/New_York"),
        ("CRON_TZ=UTC\n", CRONIE, "its hours are read as UTC, not as America/New_York"),
        ("CRON_TZ=US/Eastern\n", DEBIAN,
         "Debian's cron does not know CRON_TZ: it reads the hours as Europe/Berlin"),
    ],
)  # fmt: skip
def test_its_hours_are_not_those_of_new_york(zone: str, host: CronHost, text: str) -> None:
    assert only(GOOD, head=f"{zone}AVWAP_HOME=/srv\n", host=host) == (Wrong.ZONE, "scan", text)


def test_a_host_on_new_york_time_needs_no_zone() -> None:
    there = CronHost("Debian's cron", honours_cron_tz=False, time_zone="US/Eastern")
    assert found(GOOD, head="AVWAP_HOME=/srv\n", host=there) == ()


def test_another_program_or_home_is_named() -> None:
    text = "the line runs /old/avwap; this program is /bin/avwap"
    assert only("* * * * * /old/avwap tick") == (Wrong.PATH, "tick", text)
    text = "the line is for the home /other; this home is /srv"
    assert only(TICK, head="AVWAP_HOME=/other\n") == (Wrong.PATH, "tick", text)
    assert only(TICK, head="") == (
        Wrong.PATH, "tick", "the line names no home; this home is /srv",
    )  # fmt: skip
    assert found(TICK, "* * * * * /old/avwap tick --home /other") == (), "of another home"


def test_the_same_fault_of_many_lines_is_one() -> None:
    lines = ("0 20 * * 1-5 /old/avwap scan", "15 20 * * 1-5 /old/avwap scan")
    (fault,) = found(*lines)
    assert (fault.commands, fault.lines) == (("scan",), lines)
