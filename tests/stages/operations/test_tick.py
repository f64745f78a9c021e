"""A tick starts what is due, once, and again after longer and longer waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from avwap_cli import playbook
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord
from avwap_cli.review.starts import Starts
from avwap_cli.stages.operations.tick import TickPorts, run_tick, words
from avwap_cli.stages.outcomes import Outcome

FRIDAY = date(2024, 3, 8)


def at(clock: str, day: date = FRIDAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=EASTERN)


@dataclass
class Host:
    """A home and a minute hand."""

    outputs: Path
    trades: bool = True
    running: dict[str, datetime] = field(default_factory=dict)
    kept: Mapping[str, Starts] = field(default_factory=dict)
    started: list[tuple[str, ...]] = field(default_factory=list)

    def read(self) -> Mapping[str, Starts]:
        return self.kept

    def write(self, starts: Mapping[str, Starts]) -> None:
        self.kept = dict(starts)

    def tick(self, now: datetime, *, dry_run: bool = False) -> list[str]:
        """The stages that this tick starts."""
        names: list[str] = self.told(now, dry_run=dry_run).body["started"]
        return names

    def told(self, now: datetime, *, dry_run: bool = True) -> Outcome:
        """What a tick says."""
        return run_tick(
            TickPorts(
                store=ArtifactFiles(self.outputs),
                runs=RunRecordFiles(self.outputs),
                clock=FixedClock(now),
                notes=self,
                running_since=self.running.get,
                start=lambda line: self.started.append(tuple(line)),
                trades=self.trades,
            ),
            dry_run=dry_run,
        )

    def minutes(self, first: datetime, count: int, stage: str) -> list[str]:
        """The times, by minute, at which ticks start that stage."""
        moments = [first + timedelta(minutes=n) for n in range(count)]
        return [f"{m:%H:%M}" for m in moments if stage in self.tick(m)]

    def ran(
        self,
        stage: str,
        ended: datetime,
        code: int = 0,
        session: date = FRIDAY,
        started: datetime | None = None,
    ) -> None:
        RunRecordFiles(self.outputs).write(
            RunRecord(
                stage=stage, trade_session=session, as_of=session, started=started or ended,
                seconds=1.0,
                host="desk", pid=1, code_version="0.1.0", config_hash="",
                state="failed" if code else "done", exit_code=code, ended=ended,
            ),
            repeated=True,
        )  # fmt: skip

    def wrote(self, name: str, session: date = FRIDAY) -> None:
        ArtifactFiles(self.outputs).write_json(session, name, "avwap.test/1.0", {})


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_the_evening_starts_stage_by_stage(host: Host) -> None:
    host.trades = False
    evening = date(2024, 3, 7)
    assert host.tick(at("18:29", evening)) == []
    assert host.tick(at("18:30", evening)) == ["universe"]
    host.wrote("universe.json")
    assert host.tick(at("19:00", evening)) == ["refresh-cache"]
    host.running["refresh-cache"] = at("19:00", evening)
    assert host.tick(at("20:00", evening)) == ["scan"], "it waits for the refresh itself"
    host.wrote("cache.json")
    host.wrote("scan.json")
    del host.running["refresh-cache"]
    assert host.tick(at("20:01", evening)) == []
    assert host.started[0] == ("universe", "--quiet", "--lock-timeout", "0")


def test_a_failing_stage_is_started_again_after_1_2_5_and_then_every_10_minutes(
    host: Host,
) -> None:
    evening = date(2024, 3, 7)
    asked = host.minutes(at("18:30", evening), 50, "universe")
    assert asked == ["18:30", "18:31", "18:33", "18:38", "18:48", "18:58", "19:08", "19:18"]


def test_a_gap_filter_that_failed_is_tried_until_its_window_ends(host: Host) -> None:
    assert host.minutes(at("09:20"), 20, "gapfilter") == ["09:25", "09:26", "09:28"]


def test_monitor_is_started_in_every_minute_that_finds_it_gone(host: Host) -> None:
    assert host.minutes(at("09:26"), 6, "monitor") == ["09:28", "09:29", "09:30", "09:31"]
    host.running["monitor"] = at("09:31")
    assert host.minutes(at("09:32"), 60, "monitor") == []
    del host.running["monitor"]
    assert host.minutes(at("11:00"), 3, "monitor") == ["11:00", "11:01", "11:02"]
    host.ran("monitor", at("16:00"))
    assert host.minutes(at("16:01"), 15, "monitor") == []


def test_breakouts_are_looked_for_every_five_minutes(host: Host) -> None:
    asked = []
    for n in range(20):
        now = at("09:49") + timedelta(minutes=n)
        if "enter-boh" in host.tick(now):
            asked.append(f"{now:%H:%M}")
            host.ran("enter-boh", now)
    assert asked == ["09:50", "09:55", "10:00", "10:05"]


def test_the_day_of_a_session_that_is_over_goes_on_to_its_report(host: Host) -> None:
    assert host.tick(at("16:14")) == []
    assert host.tick(at("16:15")) == ["report"]
    half = date(2024, 11, 29)
    assert host.tick(at("13:15", half)) == ["report"]


def test_an_evening_that_is_late_begins_stage_by_stage_a_minute_apart(host: Host) -> None:
    saturday = date(2024, 3, 9)
    assert host.tick(at("16:15", saturday)) == ["universe"]
    host.running["universe"] = at("16:15", saturday)
    assert host.tick(at("16:16", saturday)) == ["refresh-cache"]
    host.running["refresh-cache"] = at("16:16", saturday)
    assert host.tick(at("16:17", saturday)) == ["scan"]


def test_what_is_too_late_is_named(host: Host) -> None:
    host.wrote("universe.json")
    host.ran("universe", at("18:30", date(2024, 3, 7)))
    missed = host.told(at("12:00")).body["missed"]
    assert [row["stage"] for row in missed] == [
        "refresh-cache", "scan", "gapfilter", "enter-moo", "enter-confirm",
    ]  # fmt: skip
    assert {row["session"] for row in missed} == {"2024-03-08"}
    assert "missed: refresh-cache of 2024-03-08, scan of" in host.told(at("12:00")).summary
    host.trades = False
    assert len(host.told(at("12:00")).body["missed"]) == 2
    next_week = host.told(at("19:00", date(2024, 3, 11)))
    assert {row["session"] for row in next_week.body["missed"]} == {"2024-03-11"}
    assert Host(host.outputs / "new").told(at("12:00")).body["missed"] == []


def test_what_is_too_late_is_judged_by_the_clock_of_the_windows(host: Host) -> None:
    real = at("21:00", date(2026, 11, 21))  # the computer's, while the exchange plays 2024
    host.ran("universe", at("18:30", date(2024, 3, 7)), started=real)
    assert [row["stage"] for row in host.told(at("12:00")).body["missed"]] == [
        "universe", "refresh-cache", "scan", "gapfilter", "enter-moo", "enter-confirm",
    ]  # fmt: skip


def test_sessions_in_which_nothing_ran_are_named_as_a_whole(host: Host) -> None:
    host.wrote("report.html")
    host.ran("report", at("16:15"))
    told = host.told(at("09:10", date(2024, 3, 13)))
    assert told.body["lost"] == ["2024-03-11", "2024-03-12"]
    assert told.body["missed"] == []
    assert "; no stage ran from 2024-03-11 to 2024-03-12 (2 sessions)" in told.summary
    noon = host.told(at("12:00", date(2024, 3, 13))).body["missed"]
    assert {row["session"] for row in noon} == {"2024-03-13"}, "the day after is named as ever"
    host.ran("monitor", at("12:01", date(2024, 3, 13)), session=date(2024, 3, 13))
    assert host.told(at("19:00", date(2024, 3, 13))).body["lost"] == []


def test_an_outage_of_any_length_is_named_with_what_the_session_missed(host: Host) -> None:
    host.wrote("report.html")
    host.ran("report", at("16:15"))
    told = host.told(at("10:10", date(2025, 3, 10)))
    assert "no stage ran from 2024-03-11 to 2025-03-07 (249 sessions)" in told.summary
    assert [row["stage"] for row in told.body["missed"]] == [
        "universe", "refresh-cache", "scan", "gapfilter", "enter-moo", "enter-confirm",
    ]  # fmt: skip


def test_without_keys_only_the_evening_is_started(host: Host) -> None:
    host.trades = False
    hours = range(9, 24)
    started = {n for h in hours for m in (30, 31, 32) for n in host.tick(at(f"{h:02}:{m}"))}
    assert started == {"universe", "refresh-cache", "scan"}


def test_another_session_begins_without_the_waits_of_the_one_before(host: Host) -> None:
    host.trades = False
    for minute in ("18:30", "18:31", "18:33"):
        host.tick(at(minute, date(2024, 3, 7)))
    assert host.kept["universe"].count == 3
    assert host.tick(at("18:30")) == ["universe"]
    assert host.kept["universe"] == Starts(date(2024, 3, 11), 1, at("18:30"))


def test_a_dry_tick_starts_nothing_and_leaves_no_note(host: Host) -> None:
    assert host.tick(at("09:25"), dry_run=True) == ["gapfilter"]
    assert (host.started, host.kept) == ([], {})


def test_a_group_is_started_with_its_option() -> None:
    assert words(playbook.stage("enter-confirm"))[:3] == ("enter", "--group", "confirm")
