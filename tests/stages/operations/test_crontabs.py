"""The lines of a host ask each stage in its window, from whatever zone; installed ones are judged.

The oracle reads a crontab as cron does, minute by minute, and knows nothing of the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from avwap_cli import playbook
from avwap_cli.home import Home
from avwap_cli.review.operations.cron_hosts import CronHost
from avwap_cli.stages.operations.crontabs import checked, crontab_for, lines_outcome
from avwap_cli.stages.outcomes import Outcome

HOME, PROGRAM = Home(Path("/srv/avwap")), Path("/opt/avwap/bin/avwap")
MONDAY, TUESDAY = date(2025, 11, 3), date(2025, 11, 4)
ZONES = (
    "UTC", "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "Australia/Sydney",
    "Asia/Kolkata", "America/New_York",
)  # fmt: skip
CRONIE, DEBIAN = ("cronie 1.7.2", True), ("Debian's cron 3.0pl1-162", False)
# Around each change of a clock in those zones, and of New York's.
DAYS = ("2025-10-05", "2025-10-26", "2025-11-02", "2026-03-08", "2026-03-29", "2026-04-05")
NEW_YORK = ZoneInfo("America/New_York")
# By hand: first and last minute in New York, and how often.
ASKED = {
    "universe": ("18:30", "20:45", 15),
    "refresh-cache": ("19:00", "23:45", 15),
    "scan": ("20:00", "23:45", 15),
    "gapfilter": ("09:25", "09:28", 1),
    "enter --group moo": ("09:26", "09:59", 1),
    "monitor": ("09:28", "16:09", 1),
    "enter --group confirm": ("09:45", "09:59", 1),
    "enter --group boh": ("09:50", "15:25", 5),
    "report": ("16:15", "19:45", 15),
}


def minutes() -> Iterator[datetime]:
    """Every minute of those days, the one before and the two after."""
    for day in DAYS:
        first = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
        for n in range(4 * 1440):
            yield first + timedelta(minutes=n)


def field(text: str, last: int) -> set[int]:
    span, _, step = text.partition("/")
    first, _, end = ("0", "", str(last)) if span == "*" else span.partition("-")
    return set(range(int(first), int(end or first) + 1, int(step or 1)))


def asked(text: str, zone: str, honours: bool) -> dict[str, set[datetime]]:
    """By command, the minutes at which that crontab runs it."""
    found: dict[str, set[datetime]] = {}
    jobs: list[tuple[str, set[int], set[int], str]] = []
    here = zone
    for line in text.splitlines():
        if line.startswith("CRON_TZ="):
            here = line.removeprefix("CRON_TZ=") if honours else zone
        elif line and not line.startswith("#") and "=" not in line.split(" ")[0]:
            cells = line.split()
            assert cells[2:5] == ["*", "*", "*"]
            assert cells[5] == str(PROGRAM)
            command = " ".join(cells[6 : cells.index("--quiet")])
            jobs.append((here, field(cells[0], 59), field(cells[1], 23), command))
    for minute in minutes():
        clocks = {name: minute.astimezone(ZoneInfo(name)) for name in {job[0] for job in jobs}}
        for name, at, hours, command in jobs:
            if clocks[name].minute in at and clocks[name].hour in hours:
                assert minute not in found.setdefault(command, set()), "asked twice at once"
                found[command].add(minute)
    return found


def wanted() -> dict[str, set[datetime]]:
    """By command, the minutes of the table above."""
    found: dict[str, set[datetime]] = {command: set() for command in ASKED}
    for minute in minutes():
        clock = minute.astimezone(NEW_YORK)
        for command, (first, last, every) in ASKED.items():
            if first <= f"{clock:%H:%M}" <= last and clock.minute % every == 0:
                found[command].add(minute)
    return found


WANTED = wanted()


def host(zone: str, cron: tuple[str, bool], *timers: str) -> CronHost:
    return CronHost(cron[0], cron[1], zone, timers)


def judged(text: str | None, where: CronHost, *, trades: bool = True) -> Outcome:
    return checked(text, where, HOME, PROGRAM, MONDAY, trades=trades)


def told(text: str | None, where: CronHost) -> list[tuple[str, tuple[str, ...]]]:
    found: list[dict[str, Any]] = list(judged(text, where).body["faults"])
    return [(str(fault["wrong"]), fault["commands"]) for fault in found]


@pytest.mark.parametrize("zone", ZONES)
def test_a_cron_that_honours_the_zone_asks_each_stage_at_new_york_times(zone: str) -> None:
    text = crontab_for(host(zone, CRONIE), HOME, PROGRAM)
    assert asked(text, zone, honours=True) == WANTED


@pytest.mark.parametrize("zone", ZONES)
def test_a_cron_that_does_not_gets_a_tick_that_meets_every_window(zone: str) -> None:
    text = crontab_for(host(zone, DEBIAN), HOME, PROGRAM)
    found = asked(text, zone, honours=False)
    if zone == "America/New_York":
        assert found == WANTED, "its own hours are New York's"
    else:
        assert found == {"tick": set(minutes())}
        assert "CRON_TZ" not in text


def test_each_asked_minute_lies_in_a_window_of_the_playbook_on_a_full_day() -> None:
    for stage in playbook.STAGES:
        meant = WANTED[stage.command]
        opens, closes = playbook.windows(stage.name, TUESDAY)
        begins = [minute for minute in meant if minute == opens.astimezone(UTC)]
        assert begins, f"{stage.name} is not asked when its window opens"
        of_day = {m for m in meant if opens - timedelta(hours=1) <= m < closes}
        assert all(opens <= minute < closes for minute in of_day)
        assert stage.expected_by.on(TUESDAY).astimezone(UTC) - max(of_day) < timedelta(minutes=16)


@pytest.mark.parametrize("cron", [CRONIE, DEBIAN])
@pytest.mark.parametrize("zone", ZONES)
def test_what_is_printed_is_what_the_check_asks_for(zone: str, cron: tuple[str, bool]) -> None:
    where = host(zone, cron)
    outcome = lines_outcome(where, HOME, PROGRAM, MONDAY)
    assert outcome.body["way"] == ("lines" if cron is CRONIE or "New_York" in zone else "tick")
    assert told(outcome.body["text"], where) == []
    assert judged(outcome.body["text"], where).exit_code == 0


def test_an_unknown_cron_gets_the_line_that_is_safe_everywhere() -> None:
    text = crontab_for(CronHost("", False, ""), HOME, PROGRAM)
    jobs = [line for line in text.splitlines() if str(PROGRAM) in line]
    assert len(jobs) == 1
    assert jobs[0].startswith("* * * * *  /opt/avwap/bin/avwap tick --quiet --lock-timeout 0 >>")
    assert "AVWAP_HOME=/srv/avwap" in text.splitlines()


TICK = crontab_for(host("UTC", DEBIAN), HOME, PROGRAM)
LINES = crontab_for(host("UTC", CRONIE), HOME, PROGRAM)
EVERYTHING = tuple(stage.command for stage in playbook.STAGES)
FAULTY = {
    "nothing": ("", DEBIAN, "missing", EVERYTHING),
    "a stage lacks": (
        "\n".join(x for x in LINES.splitlines() if " gapfilter " not in x), CRONIE,
        "missing", ("gapfilter",),
    ),
    "half of a stage lacks": (
        LINES.replace("0-9 16 * * *", "# 0-9 16 * * *"), CRONIE, "wrong time", ("monitor",),
    ),
    "a tick now and then": (
        TICK.replace("* * * * *", "*/5 * * * *"), DEBIAN, "wrong time", ("tick",),
    ),
    "a tick on working days": (
        TICK.replace("* * * * *", "* * * * 1-5"), DEBIAN, "wrong time", ("tick",),
    ),
    "a tick at the boot": (
        TICK.replace("* * * * *", "@reboot"), DEBIAN, "wrong time", ("tick",),
    ),
    "a field that is none": (
        LINES.replace("25-28 9", "25-28 24"), CRONIE, "wrong time", ("gapfilter",),
    ),
    "an hour too early": (
        LINES.replace("*/15 20-23 * * *", "*/15 19-23 * * *"), CRONIE, "wrong time", ("scan",),
    ),
    "not on Fridays": (
        LINES.replace("25-28 9 * * *", "25-28 9 * * 1-4"), CRONIE, "wrong time", ("gapfilter",),
    ),
    "only in June": (
        LINES.replace("25-28 9 * * *", "25-28 9 * jun *"), CRONIE, "wrong time", ("gapfilter",),
    ),
    "a zone that is not honoured": (LINES, DEBIAN, "wrong zone", EVERYTHING),
    "no zone": (LINES.replace("CRON_TZ", "#"), CRONIE, "wrong zone", EVERYTHING),
    "another zone": (
        LINES.replace("America/New_York", "America/Chicago"), CRONIE, "wrong zone", EVERYTHING,
    ),
    "another program": (
        TICK.replace("/opt/avwap", "/old/avwap"), DEBIAN, "wrong path", ("tick",),
    ),
    "no path": (TICK.replace(str(PROGRAM), "avwap"), DEBIAN, "wrong path", ("tick",)),
    "another home": (TICK.replace("/srv/avwap", "/srv/old"), DEBIAN, "wrong path", ("tick",)),
    "no home": (TICK.replace("AVWAP_HOME=", "#"), DEBIAN, "wrong path", ("tick",)),
    "both ways at once": (LINES + TICK, CRONIE, "extra", EVERYTHING),
    "two ticks": (TICK + TICK, DEBIAN, "extra", ("tick",)),
    "a line twice": (
        LINES + LINES.splitlines()[-1], CRONIE, "extra", ("report",),
    ),
    "a group that is none": (
        LINES + LINES.splitlines()[-1].replace("report", "enter --group noon"), CRONIE,
        "extra", ("enter --group noon",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_what_is_wrong_is_named_with_its_fix(name: str) -> None:
    text, cron, wrong, commands = FAULTY[name]
    outcome = judged(text, host("UTC", cron))
    found = outcome.body["faults"]
    assert outcome.exit_code == 9
    assert {fault["wrong"] for fault in found} == {wrong}
    assert tuple(dict.fromkeys(c for fault in found for c in fault["commands"])) == commands
    assert all(fault["text"] and fault["fix"] for fault in found)
    assert all(line in text for fault in found for line in fault["lines"])


def test_only_the_evening_is_asked_of_a_home_without_keys() -> None:
    found = judged("", host("UTC", DEBIAN), trades=False).body["faults"]
    assert [c for fault in found for c in fault["commands"]] == [*EVERYTHING[:3]]


def test_a_timer_needs_no_crontab_and_lines_beside_it_are_too_many() -> None:
    timer = "/home/you/.config/systemd/user/timers.target.wants/avwap-tick.timer"
    where = host("UTC", DEBIAN, timer)
    assert judged("", where).exit_code == 0
    assert timer in judged(None, where).summary
    assert told(TICK, where) == [("extra", ("tick",))]


@pytest.mark.parametrize(
    "line",
    [
        "17 3 * * *  /usr/bin/backup /srv",
        "0 9 * * 1  /opt/avwap/bin/avwap status --home /srv/avwap || mail you",
        "0 6 * * *  AVWAP_HOME=/srv/avwap /opt/avwap/bin/avwap ledger backup",
        "* * * * *  /opt/avwap/bin/avwap --home /srv/paper tick",
        "5 * * * *  echo 'avwap tick",
        "MAILTO=you@example.com",
    ],
)
def test_lines_of_others_are_left_alone(line: str) -> None:
    assert told(f"{TICK}{line}\n", host("UTC", DEBIAN)) == []


@pytest.mark.parametrize(
    "line",
    [
        "* * * * * /opt/avwap/bin/avwap --home /srv/avwap tick",
        "* * * * * /opt/avwap/bin/avwap tick --home=/srv/avwap -q >/dev/null 2>&1",
        "* * * * * AVWAP_HOME='/srv/avwap' /opt/avwap/bin/avwap tick",
        "*/1 0-23 * * 0-6 flock -n /run/lock/a /opt/avwap/bin/avwap --home /srv/avwap tick",
        "* * * * * cd /srv/avwap && /opt/avwap/bin/avwap --home /srv/avwap tick",
        "0-29,30-59 * * * mon-sat,sun cd / && /opt/avwap/bin/avwap tick --home /srv/avwap",
    ],
)
def test_a_tick_may_be_written_in_other_words(line: str) -> None:
    assert told(line, host("Asia/Kolkata", DEBIAN)) == []


def test_paths_with_blanks_and_percents_are_read_as_cron_reads_them() -> None:
    home, program = Home(Path("/srv/my avwap")), Path("/opt/50%/a b/avwap")
    where = host("UTC", CRONIE)
    text = crontab_for(where, home, program)
    assert checked(text, where, home, program, MONDAY, trades=True).body["faults"] == []
