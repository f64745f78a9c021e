"""A soak: sessions in a row with faults, restarts, halts and persons at the broker's page.

make soak N=200          sessions of many seeds, counts and failures printed
make soak SEED=17        the one world of that seed again, with what happened in it
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import soak_mishaps
from soak_checks import Walk, disagreements, unwatched, walked
from soak_persons import Person
from soak_programs import LOOK_EVERY_S, Death, SoakRig
from soak_worlds import DailyBars, world_of
from trading_rig import URL, clock_time

from avwap_cli.config import Config, Sources, load
from avwap_cli.errors import BrokerError, LockBusy
from avwap_cli.exchange.broker.orders import Status
from avwap_cli.exchange.faults import FaultKind
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.day import monitor
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.halts import HaltPorts, run_halt, run_resume
from avwap_cli.stages.evening.exit_plans import plan_exits
from avwap_cli.trading.facts import HaltLevel

LENGTH = 5  # sessions of one world
monitor.LISTEN_S = LOOK_EVERY_S  # as long as nothing happens, it may listen less often
LEVELS = (HaltLevel.NO_ENTRIES, HaltLevel.REDUCE_ONLY, HaltLevel.FLATTEN)
FIRST_SEED = 1

SOAK_RULES: Config = load(
    Sources(
        Home(Path("/nonexistent")),
        {name: strategy.params_type for name, strategy in STRATEGIES.items()},
        {},
        None,
        {
            "broker.mode": "exchange",
            "broker.url": f'"{URL}"',
            "monitor.idle_s": "180",
            "monitor.busy_for_s": "20",
            "monitor.busy_s": "6",
            "entry.pass_every_s": "8",
            "risk.max_new_per_session": "6",
            "risk.max_new_per_group": "3",
            "risk.max_per_strategy": "4",
            "risk.daily_loss_frac": "0.05",
        },
    )
)


@dataclass
class Findings:
    """What a soak saw.

    Attributes:
        failures: each names its seed.
    """

    failures: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        self.failures += other.failures
        self.faults += other.faults
        self.states += other.states
        self.counts += other.counts


def soaked(seed: int, folder: Path, length: int = LENGTH) -> Findings:
    """Live through the world of a seed."""
    return _Soak(seed, folder, length).lived()


class _Soak:
    def __init__(self, seed: int, folder: Path, length: int) -> None:
        self.seed = seed
        self.world = world_of(seed, length)
        self.chance = random.Random(f"soak {seed}")
        self.found = Findings()
        self.rig = self._rig(folder)
        self.person = Person(self.rig.exchange, str(seed))
        self.seen = 0

    def _rig(self, folder: Path) -> SoakRig:
        chance = random.Random(f"settings {self.seed}")
        return SoakRig(
            folder,
            self.world.tape(),
            day=self.world.days[0],
            start="09:20",
            rules=SOAK_RULES,
            seed=self.seed,
            cash=Decimal(chance.choice((30_000, 100_000, 250_000))),
            latency_s=chance.choice((0.0, 0.4, 3.0)),
            partial_probability=chance.choice((0.0, 0.2, 0.5)),
            cancel_while_closed=chance.choice(("at_once", "pending")),
        )

    def lived(self) -> Findings:
        for number, day in enumerate(self.world.days):
            self._night(number, day)
            self._day(number, day)
        fired = self.rig.exchange.context.faults.fired
        self.found.faults.update({kind.value: n for kind, n in fired.items()})
        events = self.rig.exchange.venue.events
        self.found.states.update(event.order.status.value for event in events)
        self._count()
        return self.found

    def _count(self) -> None:
        book, orders = self.rig.book, self.rig.orders()
        self.found.counts.update(
            sessions=len(self.world.days),
            orders=len(orders),
            entries=sum(1 for o in book.orders.values() if o.leg == "entry" and o.filled),
            trims=sum(1 for o in book.orders.values() if o.leg in ("trim1", "trim2") and o.filled),
            exits=len(book.closed),
            splits=len(book.splits),
            deaths=self.rig.deaths,
            acts_by_hand=len(self.person.done),
            pages=sum(n.page for n in book.notices),
        )
        self.found.counts.update(f"denied by {d.gate}" for d in book.denials)
        self.found.counts.update(
            f"closed by {p.executions[-1].reason}" for p in book.closed if p.executions
        )

    def _night(self, number: int, day: date) -> None:
        rig = self.rig
        rig.day = day
        if number:
            for fault in soak_mishaps.overnight(self.seed, number):
                rig.exchange.fault(fault)
            rig.to("09:20", day)
            rig.exchange.context.faults.clear()
        rig.reopen()
        plan_exits(day, rig.book.open, DailyBars(self.world), rig.rules.rules, rig.store)
        rig.plan(*self.world.candidates[day])

    def _day(self, number: int, day: date) -> None:
        rig, closes = self.rig, sessions.closes_at(day)
        walk = Walk.begun(rig.exchange.venue)
        known = len(rig.exchange.venue.events)
        rig.blind.clear()
        faults = soak_mishaps.by_day(self.seed, number, day)
        for fault in faults:
            rig.exchange.fault(fault)
        self.found.story += [f"{day} fault {line}" for line in soak_mishaps.lines(faults)]
        self._timetable(day)
        rig.to("09:26", day)
        self._run_enter("moo", clock_time("10:00", day))
        rig.agenda.advance(max(rig.exchange.now(), clock_time("09:28", day)), programs=True)
        rig.blind.append((clock_time("00:00", day), rig.exchange.now()))
        self._watch(day)
        rig.agenda.clear()
        ended = max(rig.exchange.now(), closes)
        walked(rig.exchange.venue.events[known:], walk, ended)
        self._check(day, walk)

    def _timetable(self, day: date) -> None:
        rig, chance, agenda = self.rig, self.chance, self.rig.agenda
        for text in ("09:45", "09:47"):
            self._plan_enter(text, "confirm", clock_time("10:00", day))
        for minute in range(50, 80, 5):
            text = f"{9 + minute // 60:02}:{minute % 60:02}"
            self._plan_enter(text, "boh", clock_time("10:30", day))
        opens, closes = sessions.opens_at(day), sessions.closes_at(day)
        length_s = (closes - opens).total_seconds()

        def some_time() -> datetime:
            return opens + timedelta(seconds=round(chance.uniform(-120, length_s - 60), 1))

        if day == self.world.days[0]:
            agenda.add(opens + timedelta(minutes=1), self.person.limit_for_ever, is_program=False)
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            agenda.add(some_time(), self.person.act, is_program=False)
        if chance.random() < 0.2:
            at = some_time()
            agenda.add(at, self._halted, is_program=True)
            for minutes in (chance.uniform(5, 120), 450):
                agenda.add(at + timedelta(minutes=minutes), self._resumed, is_program=True)
        end = closes - timedelta(minutes=10) if chance.random() < 0.8 else closes
        agenda.add(end, rig.exchange.context.faults.clear, is_program=False)

    def _plan_enter(self, text: str, group: str, until: datetime) -> None:
        at = clock_time(text, self.rig.day)
        self.rig.agenda.add(at, lambda: self._run_enter(group, until), is_program=True)

    def _run_enter(self, group: str, until: datetime) -> None:
        rig = self.rig
        if rig.exchange.now() >= until:
            return
        try:
            dies = self.chance.random() < 0.25
            with rig.run(60 if dies else None) as ports:
                run_enter(ports, rig.request(group))
        except (Death, BrokerError, LockBusy):
            again = rig.exchange.now() + timedelta(seconds=self.chance.uniform(1, 60))
            rig.agenda.add(again, lambda: self._run_enter(group, until), is_program=True)

    def _halted(self) -> None:
        level = self.chance.choice(LEVELS)
        self.found.story.append(f"{self.rig.exchange.now():%m-%d %H:%M:%S} halt {level}")
        if self.chance.random() < 0.5:
            self.rig.halt = level
            return
        with self.rig.run(None) as ports:
            run_halt(level, "soak", _halt_ports(ports))

    def _resumed(self) -> None:
        self.rig.halt = HaltLevel.NONE
        with self.rig.run(None) as ports:
            run_resume(_halt_ports(ports))

    def _watch(self, day: date) -> None:
        """monitor, begun again as often as it dies."""
        rig = self.rig
        while True:
            try:
                dies = self.chance.random() < 0.6
                streams = self.chance.random() < 0.6
                with rig.run(4000 if dies else None, streams=streams) as ports:
                    monitor.run_monitor(ports, rig.request())
                return
            except Death:
                began = rig.exchange.now()
                wait = timedelta(seconds=self.chance.uniform(0.5, 59))
                rig.agenda.advance(began + wait, programs=False)
                rig.blind.append((began, rig.exchange.now()))

    def _check(self, day: date, walk: Walk) -> None:
        rig = self.rig
        rig.reopen()
        facts, book = rig.ledger.facts(), rig.book
        problems = [
            *walk.faults,
            *unwatched(walk, facts.notices, rig.blind),
            *disagreements(book, facts, rig.exchange.venue),
            *(f"{key} was sent under a halt" for key in rig.entered_under),
        ]
        rig.entered_under.clear()
        self.found.failures += [f"seed {self.seed}, {day}: {problem}" for problem in problems]


def _halt_ports(ports: object) -> HaltPorts:
    return HaltPorts(ports.ledger, ports.notifier, ports.clock, ports.halt_file)  # type: ignore[attr-defined]


def _one(seed: int) -> tuple[Findings, float]:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = soaked(seed, Path(folder))
        except Exception as problem:  # noqa: BLE001  one world's crash is a finding of the soak
            import traceback

            where = traceback.format_exc().splitlines()[-12:]
            found = Findings(failures=[f"seed {seed}: {problem!r}\n" + "\n".join(where)])
    return found, time.process_time() - began


def report(found: Findings) -> Iterator[str]:
    """The counts and the failures, a line each."""
    yield from (f"{n:7,} {name}" for name, n in sorted(found.counts.items()))
    yield "faults fired"
    yield from (f"{found.faults[kind.value]:7,} {kind.value}" for kind in FaultKind)
    yield "order states reached"
    yield from (f"{found.states[state.value]:7,} {state.value}" for state in Status)
    yield f"{len(found.failures)} failures"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="soak the trading day")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(argv)
    if asked.seed is not None:
        return replayed(asked.seed)
    seeds = range(FIRST_SEED, FIRST_SEED + -(-asked.sessions // LENGTH))
    total, spent = Findings(), 0.0
    with ProcessPoolExecutor(asked.jobs) as pool:
        for found, seconds in pool.map(_one, seeds):
            total.add(found)
            spent += seconds
            print("\n".join(found.failures) or ".", flush=True)
    print("\n".join(report(total)))
    print(f"{spent / len(seeds) / LENGTH:.2f} s of processor time a session")
    few = (
        [k.value for k in FaultKind if total.faults[k.value] < 20] if asked.sessions >= 200 else []
    )
    unreached = [s.value for s in Status if not total.states[s.value]]
    if few or unreached:
        print(f"too seldom: {few}; never: {unreached}")
    return 1 if total.failures or few or unreached else 0


def replayed(seed: int) -> int:
    """One world again, told in full."""
    with tempfile.TemporaryDirectory() as folder:
        soak = _Soak(seed, Path(folder), LENGTH)
        try:
            found = soak.lived()
        finally:
            for line in story(soak):
                print(line)
        print("\n".join([*found.failures, *report(found)]))
    return 1 if found.failures else 0


def story(soak: _Soak) -> Iterator[str]:
    """What happened, in the order of time."""
    rows: list[str] = [*soak.found.story, *soak.person.done]
    for event in soak.rig.exchange.venue.events:
        order = event.order
        price = event.price or order.stop_price or ""
        at = datetime.fromtimestamp(event.at / 1e9, sessions.EASTERN)
        rows.append(
            f"{at:%m-%d %H:%M:%S} {event.name.value} {order.client_order_id} {order.side} "
            f"{order.qty} {price}"
        )
    facts = soak.rig.ledger.facts()
    for notice in facts.notices:
        at = notice.at.astimezone(sessions.EASTERN)
        page = "PAGE " if notice.page else ""
        rows.append(f"{at:%m-%d %H:%M:%S} {page}{notice.kind}: {notice.text}")
    for answer in facts.answers:
        at = answer.at.astimezone(sessions.EASTERN)
        rows.append(f"{at:%m-%d %H:%M:%S} answer {answer.verb} {answer.client_id}: {answer.text}")
    for denied in facts.denials:
        at = denied.at.astimezone(sessions.EASTERN)
        figures = f"{denied.gate} {denied.measured} {denied.threshold}"
        rows.append(f"{at:%m-%d %H:%M:%S} denied {denied.strategy} {denied.symbol} {figures}")
    for decision in facts.decisions:
        at = decision.at.astimezone(sessions.EASTERN)
        rows.append(
            f"{at:%m-%d %H:%M:%S} decided {decision.leg} {decision.symbol} {decision.reason}"
        )
    return iter(sorted(rows, key=lambda row: row.removeprefix(f"{soak.world.days[0].year}-")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
