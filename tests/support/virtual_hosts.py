"""A host in virtual time: it ticks every minute it is up, and plays the stages it starts.

A stage takes some minutes, holds its lock meanwhile, needs what stages before it wrote, waits
for the one before where the program does, and dies with the host without a record.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from avwap_cli import playbook
from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.review.runs import RunRecord
from avwap_cli.review.starts import Starts
from avwap_cli.stages.operations.tick import TickPorts, run_tick

MINUTE = timedelta(minutes=1)
NEEDS = {
    "refresh-cache": "universe.json", "scan": "cache.json", "gapfilter": "scan.json",
    "enter-moo": "gapfilter.json", "enter-confirm": "gapfilter.json", "enter-boh": "gapfilter.json",
}  # fmt: skip
REPEATED, EVERY = ("enter-boh", "monitor"), 5 * MINUTE
WAITS_FOR = {"refresh-cache": "universe", "scan": "refresh-cache"}
LONGEST_MIN = {"universe": 4, "refresh-cache": 50, "scan": 6}
Outage = tuple[datetime, datetime]


@dataclass
class Process:
    """One stage at work."""

    stage: str
    session: date
    began: datetime
    ends: datetime


@dataclass
class VirtualHost:
    """See above; `down` are the times in which it is off, aware, start included, end not."""

    seed: int
    down: Sequence[Outage] = ()
    artifacts: set[tuple[date, str]] = field(default_factory=set)
    records: dict[date, list[RunRecord]] = field(default_factory=dict)
    at_work: dict[str, Process] = field(default_factory=dict)
    kept: Mapping[str, Starts] = field(default_factory=dict)
    done: list[Process] = field(default_factory=list)
    failed: list[Process] = field(default_factory=list)
    lost: list[Process] = field(default_factory=list)
    named: set[tuple[str, date]] = field(default_factory=set)
    ticks: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.clock = FixedClock(datetime(2000, 1, 1, tzinfo=UTC))
        self.ports = TickPorts(
            store=self, runs=self, clock=self.clock, notes=self,  # type: ignore[arg-type]
            running_since=lambda stage: None if stage not in self.at_work
            else self.at_work[stage].began,
            start=self.start, trades=True,
        )  # fmt: skip

    # What a tick asks of the world.
    def digest(self, session: date, name: str) -> str | None:
        return "hash" if (session, name) in self.artifacts else None

    def read(self, session: date | None = None) -> Any:
        return self.kept if session is None else (self.records.get(session, []), [])

    def sessions(self) -> list[date]:
        return sorted(self.records)

    def write(self, starts: Mapping[str, Starts]) -> None:
        self.kept = dict(starts)

    def start(self, words: Sequence[str]) -> None:
        """A process of the program begins."""
        now = self.clock.now()
        stage = next(s for s in playbook.STAGES if words[: len(s.words)] == s.words)
        session = playbook.turn(stage.name, now)
        assert session is not None, f"{stage.name} was started outside its window"
        assert stage.name not in self.at_work, f"{stage.name} was started twice at once"
        minutes = self.random.randint(1, LONGEST_MIN.get(stage.name, 2))
        ends = now + minutes * MINUTE
        if stage.name == "monitor":
            settles = stage.settles
            assert settles is not None
            ends = max(ends, settles.on(session).astimezone(UTC) + MINUTE)
        self.at_work[stage.name] = Process(stage.name, session, now, ends)

    def run(self, first: datetime, last: datetime, *, skipping: bool = True) -> None:
        """Every minute from first to last (aware, UTC)."""
        edges, now, was_up = _edges(first, last, self.down), first, True
        while now < last:
            up = not any(begins <= now < ends for begins, ends in self.down)
            if not up and was_up:
                self.lost += self.at_work.values()
                self.at_work.clear()
            was_up = up
            self.clock.moment = now
            following = edges[bisect_right(edges, now)]
            if up:
                self._work(now)
                following = min(following, self._tick(now))
            now = following if skipping else now + MINUTE

    def _tick(self, now: datetime) -> datetime:
        """When something can happen next, but for the edge of a window."""
        self.ticks += 1
        body = run_tick(self.ports).body
        self.named |= {(row["stage"], date.fromisoformat(row["session"])) for row in body["missed"]}
        turns = [now + 10_000 * MINUTE, *(process.ends for process in self.at_work.values())]
        for name in set(body["open"]) - self.at_work.keys():
            if name in REPEATED:
                turns += [one.ends + EVERY for one in self.done if one.stage == name][-1:] or [now]
            elif not self._is_done(name, now):
                turns.append(now)
        return max(min(turns), now + MINUTE)

    def _is_done(self, name: str, now: datetime) -> bool:
        session = playbook.turn(name, now)
        return any((one.stage, one.session) == (name, session) for one in self.done)

    def _work(self, now: datetime) -> None:
        for process in sorted(self.at_work.values(), key=lambda p: p.ends):
            waits = WAITS_FOR.get(process.stage) in self.at_work
            if process.ends <= now and waits:
                process.ends = now + MINUTE
            elif process.ends <= now:
                del self.at_work[process.stage]
                self._end(process, now)

    def _end(self, process: Process, now: datetime) -> None:
        need = NEEDS.get(process.stage)
        well = need is None or (process.session, need) in self.artifacts
        if well:
            first = playbook.stage(process.stage).writes[0].name
            self.artifacts.add((process.session, first))
        (self.done if well else self.failed).append(process)
        self.records.setdefault(process.session, []).append(
            RunRecord(
                stage=process.stage, trade_session=process.session, as_of=process.session,
                started=process.began, seconds=60.0, host="virtual", pid=1, code_version="",
                config_hash="", state="done" if well else "failed", exit_code=0 if well else 4,
                ended=now,
            )
        )  # fmt: skip


def _edges(first: datetime, last: datetime, down: Sequence[Outage]) -> list[datetime]:
    """The minutes at which a window opens or ends, or the host goes off or on, and the last."""
    found = {last, *(moment for outage in down for moment in outage)}
    day = first.date() - timedelta(days=5)
    while day < last.date() + timedelta(days=5):
        noon = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
        session = playbook.current_session(noon)
        for stage in playbook.STAGES:
            moments = [stage.opens, stage.closes, stage.expected_by]
            moments += [stage.settles] if stage.settles else []
            found |= {m.on(session).astimezone(UTC) for m in moments}
        day += timedelta(days=1)
    return sorted(found)
