"""Two fortnights of ticks, minute by minute: a change of daylight saving, and Thanksgiving.

The sessions, openings and closes stand here by hand, in UTC, as the exchange published them.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from virtual_hosts import LONGEST_MIN, MINUTE, Outage, Process, VirtualHost

REPEATED = ("enter-boh", "monitor")
CHAINS = (
    ("universe", "refresh-cache", "scan", "gapfilter", "enter-moo", "enter-confirm", "report"),
    ("gapfilter", "enter-boh", "report"),
)
STAGES = ("universe", "refresh-cache", "scan", "gapfilter", "enter-moo", "monitor",
          "enter-confirm", "enter-boh", "report")  # fmt: skip
SEEDS = range(4)
SUMMER, WINTER = 4, 5  # hours from New York to UTC


def utc(day: str, clock: str, hours: int) -> datetime:
    """That New York time."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC) + timedelta(hours=hours)


# Session: its evening before, the hours between New York and UTC then and on the day, its close.
AUTUMN = {
    "2025-10-27": ("2025-10-24", SUMMER, SUMMER, "16:00"),
    "2025-10-28": ("2025-10-27", SUMMER, SUMMER, "16:00"),
    "2025-10-29": ("2025-10-28", SUMMER, SUMMER, "16:00"),
    "2025-10-30": ("2025-10-29", SUMMER, SUMMER, "16:00"),
    "2025-10-31": ("2025-10-30", SUMMER, SUMMER, "16:00"),
    "2025-11-03": ("2025-10-31", SUMMER, WINTER, "16:00"),
    "2025-11-04": ("2025-11-03", WINTER, WINTER, "16:00"),
    "2025-11-05": ("2025-11-04", WINTER, WINTER, "16:00"),
    "2025-11-06": ("2025-11-05", WINTER, WINTER, "16:00"),
    "2025-11-07": ("2025-11-06", WINTER, WINTER, "16:00"),
}
THANKSGIVING = {
    "2025-11-24": ("2025-11-21", WINTER, WINTER, "16:00"),
    "2025-11-25": ("2025-11-24", WINTER, WINTER, "16:00"),
    "2025-11-26": ("2025-11-25", WINTER, WINTER, "16:00"),
    "2025-11-28": ("2025-11-26", WINTER, WINTER, "13:00"),
    "2025-12-01": ("2025-11-28", WINTER, WINTER, "16:00"),
    "2025-12-02": ("2025-12-01", WINTER, WINTER, "16:00"),
    "2025-12-03": ("2025-12-02", WINTER, WINTER, "16:00"),
    "2025-12-04": ("2025-12-03", WINTER, WINTER, "16:00"),
    "2025-12-05": ("2025-12-04", WINTER, WINTER, "16:00"),
}
FORTNIGHTS = {"the clocks change": AUTUMN, "Thanksgiving": THANKSGIVING}
Fortnight = dict[str, tuple[str, int, int, str]]


def span(sessions: Fortnight) -> tuple[datetime, datetime]:
    """From the first evening's begin to the last session's 18:29."""
    first, last = next(iter(sessions.values())), list(sessions)[-1]
    return utc(first[0], "18:29", first[1]), utc(last, "18:29", WINTER)


def windows(sessions: Fortnight, session: str) -> dict[str, tuple[datetime, datetime]]:
    """The windows of the day, from the table above."""
    evening, then, now, close = sessions[session]
    closes, over = utc(session, close, now), utc(session, "09:20", now)
    return {
        "universe": (utc(evening, "18:30", then), over),
        "refresh-cache": (utc(evening, "19:00", then), over),
        "scan": (utc(evening, "20:00", then), over),
        "gapfilter": (utc(session, "09:25", now), utc(session, "09:29", now)),
        "enter-moo": (utc(session, "09:26", now), utc(session, "10:00", now)),
        "monitor": (utc(session, "09:28", now), closes + 10 * MINUTE),
        "enter-confirm": (utc(session, "09:45", now), utc(session, "10:00", now)),
        "enter-boh": (utc(session, "09:50", now), closes - 30 * MINUTE),
        "report": (closes + 15 * MINUTE, utc(session, "20:00", now)),
    }


def outages(seed: int, sessions: Fortnight) -> list[Outage]:
    """Random hours in which the host is off, apart from each other."""
    dice, (first, last) = random.Random(seed), span(sessions)
    found: list[Outage] = []
    begins = first + dice.randint(30, 900) * MINUTE
    while begins < last - timedelta(days=1):
        ends = begins + dice.randint(3, 720) * MINUTE
        found.append((begins, ends))
        begins = ends + dice.randint(60, 3000) * MINUTE
    return found


def played(
    sessions: Fortnight, seed: int, down: list[Outage], *, skipping: bool = True
) -> VirtualHost:
    host = VirtualHost(seed, down)
    before = date.fromisoformat(next(iter(sessions.values()))[0])
    host.artifacts.add((before, "report.html"))
    host.run(*span(sessions), skipping=skipping)
    return host


def some(sessions: Fortnight, *named: str) -> Fortnight:
    return {session: sessions[session] for session in named}


@functools.cache
def with_outages(name: str, seed: int) -> VirtualHost:
    """That fortnight with the outages of that seed; not to be changed."""
    return played(FORTNIGHTS[name], seed, outages(seed, FORTNIGHTS[name]))


def runs(host: VirtualHost, stage: str, session: str) -> list[Process]:
    day = date.fromisoformat(session)
    return [one for one in host.done if (one.stage, one.session) == (stage, day)]


def was_up(host: VirtualHost, first: datetime, last: datetime) -> bool:
    return all(ends <= first or begins >= last for begins, ends in host.down)


@pytest.mark.parametrize("name", FORTNIGHTS)
def test_a_host_that_is_always_up_runs_each_stage_at_its_time(name: str) -> None:
    sessions = FORTNIGHTS[name]
    host = played(sessions, 1, [])
    assert host.named == set()
    assert (host.failed, host.lost) == ([], [])
    assert {one.session.isoformat() for one in host.done} == set(sessions)
    for session in sessions:
        for stage, (opens, closes) in windows(sessions, session).items():
            mine = runs(host, stage, session)
            assert mine[0].began == opens
            if stage == "enter-boh":
                begun = [one.began for one in mine]
                gaps = {b - a for a, b in itertools.pairwise(begun)}
                assert gaps <= {n * MINUTE for n in (5, 6, 7)}
                assert begun[-1] < closes
                assert mine[-1].ends >= closes - 10 * MINUTE
            else:
                assert len(mine) == 1
    minutes = (span(sessions)[1] - span(sessions)[0]) / MINUTE
    assert host.ticks < minutes


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FORTNIGHTS)
def test_a_host_that_is_off_for_hours_runs_each_stage_once_or_names_it(
    name: str, seed: int
) -> None:
    sessions = FORTNIGHTS[name]
    host = with_outages(name, seed)
    missed = Counter[str]()
    for session in sessions:
        day, ends = date.fromisoformat(session), {}
        for stage, (opens, closes) in windows(sessions, session).items():
            mine = runs(host, stage, session)
            assert all(opens <= one.began < closes for one in mine)
            if stage not in REPEATED:
                assert len(mine) == (0 if (stage, day) in host.named else 1), (stage, session)
            ends[stage] = [one.ends for one in mine]
            missed[stage] += (stage, day) in host.named
        for chain in CHAINS:
            in_order = [moment for stage in chain for moment in ends[stage]]
            assert in_order == sorted(in_order), session
    assert sum(missed.values()) > 0, "the outages of this seed hit nothing"
    assert {stage for stage, _ in host.named} <= set(STAGES)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FORTNIGHTS)
def test_only_what_an_outage_made_impossible_is_named(name: str, seed: int) -> None:
    sessions = FORTNIGHTS[name]
    host = with_outages(name, seed)
    for stage, day in host.named:
        found = windows(sessions, day.isoformat())
        opens, closes = found[stage]
        waited = [found[s] for chain in CHAINS if stage in chain for s in chain if s != "report"]
        # From the opening of whatever it waits for on, the host was not up all the time.
        first = min([opens, *(o for o, _ in waited)]) if stage != "report" else opens
        assert not was_up(host, first, closes), f"{stage} of {day}"
    for session in sessions:
        for stage, (opens, closes) in windows(sessions, session).items():
            if stage == "universe" and was_up(host, closes - timedelta(hours=2), closes):
                assert runs(host, stage, session), "two hours at the end are enough"
            if stage in ("monitor", "report") and was_up(host, opens, closes):
                assert runs(host, stage, session), session


def test_monitor_comes_back_in_the_first_minute_after_an_outage() -> None:
    noon = utc("2025-11-05", "12:00", WINTER)
    host = played(some(AUTUMN, "2025-11-05"), 3, [(noon, noon + 37 * MINUTE)])
    assert [one.stage for one in host.lost if one.stage == "monitor"] == ["monitor"]
    back = runs(host, "monitor", "2025-11-05")
    assert [one.began for one in back] == [noon + 37 * MINUTE]
    assert host.named == set()


def test_a_morning_that_was_slept_through_is_named_and_the_day_goes_on() -> None:
    morning = utc("2025-11-28", "09:20", WINTER), utc("2025-11-28", "10:30", WINTER)
    host = played(some(THANKSGIVING, "2025-11-28", "2025-12-01"), 2, [morning])
    black_friday = date(2025, 11, 28)
    lost = {"gapfilter", "enter-moo", "enter-confirm", "enter-boh"}
    assert host.named == {(stage, black_friday) for stage in lost}
    assert runs(host, "monitor", "2025-11-28")[0].began == morning[1]
    assert runs(host, "report", "2025-11-28")[0].began == utc("2025-11-28", "13:15", WINTER)
    assert len(runs(host, "scan", "2025-12-01")) == 1


def test_an_evening_after_a_long_sleep_runs_in_order_before_the_open() -> None:
    asleep = utc("2025-10-31", "17:00", SUMMER), utc("2025-11-03", "07:00", WINTER)
    host = played(some(AUTUMN, "2025-11-03"), 4, [asleep])
    first, second, third = (
        runs(host, stage, "2025-11-03")[0] for stage in ("universe", "refresh-cache", "scan")
    )
    assert (first.began, second.began, third.began) == tuple(
        asleep[1] + n * MINUTE for n in range(3)
    )
    assert first.ends <= second.ends <= third.ends
    assert third.ends - asleep[1] < sum(LONGEST_MIN.values()) * MINUTE
    assert host.named == set()
    assert host.failed == [], "each waited for the one before"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", FORTNIGHTS)
def test_skipped_minutes_change_nothing(name: str, seed: int) -> None:
    sessions = FORTNIGHTS[name]
    down = outages(seed, sessions)
    short = with_outages(name, seed)
    whole = played(sessions, seed, down, skipping=False)
    assert (short.done, short.failed, short.lost) == (whole.done, whole.failed, whole.lost)
    assert short.named == whole.named
    assert short.ticks < whole.ticks
