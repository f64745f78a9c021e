"""Crash scenarios: entry, protect, stop move, trim, exit and flatten, each a few minutes long.

A scenario brings a rig to the moment before the event (`prepare`), and then runs the programs
around it (`acts`).  Both directions are traded in each.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from crash_points import Died, Recorder, listening, watched
from money_safety import violations
from trading_rig import DAY, Path_, Rig, candidate, clock_time, tape_of

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.ledger.ledger_files import path_of
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.market import sessions
from avwap_cli.stages.day.trading_ports import TradingPorts
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderState

NEXT = sessions.next_session(DAY)
MOST_PASSES = 60
PAUSE_S = 10.0


def _unflushed(_descriptor: Any) -> None:
    """What a flush is to a program that only dies."""


class CrashRig(Rig):
    """A rig whose programs can be ended at any touch of the world."""

    recorder: Recorder | None = None

    def ports(self) -> TradingPorts:
        made = super().ports()
        return made if self.recorder is None else watched(made, self.recorder)

    def moved_to(self, folder: Path) -> None:
        """Go on over a copy of the files; the ledger is closed.

        From then on nothing waits for the disk: a program dies here, not the machine.
        """
        shutil.copytree(self.folder, folder)
        self.folder = folder
        self.store = ArtifactFiles(folder / "outputs")
        os.fsync = _unflushed
        self.ledger = self._ledger()

    @property
    def ledger_path(self) -> Path:
        """Where the program itself looks for it, so that a real one can go on with this home."""
        return path_of(self.folder / "outputs", "exchange", self.exchange.venue.account_number)

    def _ledger(self) -> SqliteLedger:
        ledger = SqliteLedger.open(self.ledger_path, self.exchange.venue.account_number)
        if os.fsync is _unflushed:
            ledger._connection.execute("PRAGMA synchronous = OFF")
        return ledger

    def recorded(self, work: Callable[[], object], recorder: Recorder) -> bool:
        """Run it with that recorder; whether it died."""
        self.recorder = recorder
        try:
            with listening(recorder):
                work()
        except Died:
            return True
        finally:
            self.recorder = None
        return False

    def world(self) -> object:
        """What a restarted program finds."""
        facts = self.ledger.facts()
        rows = sum(len(getattr(facts, kind.name)) for kind in fields(facts))
        with self.exchange.reading() as venue:
            return (venue.now, len(venue.events), rows)

    def until_quiet(self) -> None:
        """Passes of monitor, each a restart, until one changes nothing and nothing is under way."""
        before = None
        for _ in range(MOST_PASSES):
            self.monitor(once=True)
            now = self._state()
            if now == before and not self._under_way():
                return
            before = now
            self.exchange.step(PAUSE_S)
        raise AssertionError("it does not come to rest")

    def _state(self) -> tuple[Any, ...]:
        orders = [(o.id, o.status, o.filled_qty, o.qty) for o in self.orders()]
        facts = self.ledger.facts()
        said = (facts.intents, facts.acts, facts.answers, facts.closures, facts.reports)
        return (orders, [len(kind) for kind in (*said, facts.fills, facts.decisions)])

    def _under_way(self) -> bool:
        book = self.book
        open_ = (OrderState.MADE, OrderState.UNKNOWN)
        if any(o.state in open_ for o in book.orders.values()):
            return True
        if any(p.decided(Leg.EXIT) is not None for p in book.open):
            return True
        return any(o.client_order_id.split(".")[4] != "stop" for o in self._working())

    def _working(self) -> list[Any]:
        with self.exchange.reading() as venue:
            return list(venue.open_orders())

    def violations(self) -> list[str]:
        with self.exchange.reading() as venue:
            return violations(venue, self.book)

    def holdings(self) -> dict[str, Any]:
        with self.exchange.reading() as venue:
            return {p.symbol: p.qty for p in venue.positions()}


Act = Callable[[CrashRig], object]


@dataclass(frozen=True)
class Scenario:
    """One event.

    Attributes:
        fewest: crash points found when this was written, rounded down.
        changes: requests that change something at the broker.
        is_exact: False where what is bought depends on when it is.
    """

    name: str
    prepare: Callable[[Path], CrashRig]
    acts: tuple[Act, ...]
    fewest: int
    changes: int
    is_exact: bool = True

    def outcome(self, rig: CrashRig) -> Mapping[str, Any]:
        """What is held in the end, that must not depend on how often a program died."""
        held = rig.holdings()
        return held if self.is_exact else {s: qty > 0 for s, qty in held.items()}

    def play(self, rig: CrashRig, recorder: Recorder, pause_s: float = 3.0) -> bool:
        """Run the programs; one that dies is started again after the pause.  Whether one did."""
        died = False
        for act in self.acts:
            if died:
                act(rig)
            elif rig.recorded(partial(act, rig), recorder):
                died = True
                rig.reopen()
                rig.exchange.step(pause_s)
                act(rig)
        rig.until_quiet()
        return died


def made(folder: Path, start: str, paths: Mapping[str, Mapping[Any, Path_]]) -> CrashRig:
    return CrashRig(folder, tape_of(paths), start=start)


def moo(rig: CrashRig) -> object:
    return rig.enter("moo")


def confirm(rig: CrashRig) -> object:
    return rig.enter("confirm")


def monitor(rig: CrashRig) -> object:
    return rig.monitor(once=True)


def wait(seconds: float) -> Act:
    return lambda rig: rig.exchange.step(seconds)


def until(text: str) -> Act:
    def waited(rig: CrashRig) -> None:
        if rig.exchange.now() < clock_time(text, rig.day):
            rig.to(text)

    return waited


FLAT: Path_ = [("09:30", 100), ("16:00", 100)]
TWO = ("AAA", "BBB")


def before_open(folder: Path) -> CrashRig:
    rig = made(folder, "09:26", {symbol: {DAY: FLAT} for symbol in TWO})
    rig.plan(*batch())
    return rig


def before_confirming(folder: Path) -> CrashRig:
    rig = made(folder, "09:46:50", {symbol: {DAY: FLAT} for symbol in TWO})
    rig.plan(*squeezed())
    return rig


def batch() -> list[dict[str, Any]]:
    return [
        candidate("AAA", "rsi_mean_reversion", 1),
        candidate("BBB", "overbought_short", 2, stop=104.0, r1=94.0),
    ]


def squeezed() -> list[dict[str, Any]]:
    return [
        candidate("AAA", "bb_squeeze", 1),
        candidate("BBB", "bb_squeeze", 2, direction="short", stop=104.0, r1=94.0),
    ]


def filled(folder: Path) -> CrashRig:
    rig = before_open(folder)
    rig.enter("moo")
    rig.to("09:30:02")
    return rig


def guarded(folder: Path) -> CrashRig:
    rig = filled(folder)
    rig.until_quiet()
    return rig


def next_morning(folder: Path) -> CrashRig:
    paths = {symbol: {DAY: FLAT, NEXT: FLAT} for symbol in TWO}
    rig = made(folder, "09:26", paths)
    rig.plan(*batch())
    rig.enter("moo")
    rig.to("09:30:02")
    rig.until_quiet()
    rig.to("16:00:05")
    rig.monitor(once=True)
    rig.day = NEXT
    rig.to("09:30:03")
    return rig


def at_target(folder: Path) -> CrashRig:
    """The second morning: both are 3 ATR in favour at 09:34, and their stops stand right."""
    up: Path_ = [("09:30", 100), ("09:33", 100), ("09:34", 107), ("16:00", 107)]
    down: Path_ = [("09:30", 100), ("09:33", 100), ("09:34", 93), ("16:00", 93)]
    paths = {"AAA": {DAY: FLAT, NEXT: up}, "BBB": {DAY: FLAT, NEXT: down}}
    rig = made(folder, "09:46", paths)
    rig.plan(*squeezed())
    rig.enter("confirm")
    rig.until_quiet()
    rig.to("16:00:05")
    rig.monitor(once=True)
    rig.day = NEXT
    rig.to("09:31")
    rig.until_quiet()
    rig.to("09:34:01")
    return rig


def at_first_target(folder: Path) -> CrashRig:
    """Two breakouts bought and sold at 09:51, both at R1 at 10:01."""
    way = [("09:30", 99.5), ("09:50", 101), ("10:00", 101.2), ("10:01", 106.5), ("16:00", 106.5)]
    up: Path_ = way
    down: Path_ = [(at, 200 - price) for at, price in way]
    rig = made(folder, "09:50", {"AAA": {DAY: up}, "BBB": {DAY: down}})
    mirrored = {"direction": "short", "stop": 104.0, "r1": 94.0, "r2": 90.0}
    rig.plan(candidate("AAA", "avwap", 1), candidate("BBB", "avwap", 2, **mirrored))
    rig.enter("boh")
    rig.until_quiet()
    rig.to("10:01:01")
    return rig


def to_flatten(folder: Path) -> CrashRig:
    rig = guarded(folder)
    rig.halt = HaltLevel.FLATTEN
    return rig


WATCH = (monitor, wait(2), monitor, wait(2), monitor)
TO_THE_END = (*WATCH, wait(2), monitor, wait(60), monitor)

SCENARIOS = (
    Scenario(
        "entry before the open", before_open, (moo, wait(2), until("09:30:02")), 154, 2, False
    ),
    Scenario("entry at the price", before_confirming, (confirm,), 360, 4, False),
    Scenario("protect", filled, WATCH, 305, 2),
    Scenario("stop move", next_morning, WATCH, 317, 2),
    Scenario("trim", at_first_target, TO_THE_END, 521, 4),
    Scenario("exit", at_target, TO_THE_END, 509, 4),
    Scenario("flatten", to_flatten, TO_THE_END, 521, 4),
)
