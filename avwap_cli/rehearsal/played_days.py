"""Played days: every stage of a session at its time, at a local exchange, in virtual time.

The exchange serves real HTTP on a free port of this computer, and the stages are conducted as
the commands conduct them.  Only cron is played: `monitor` runs through the session, and where
it sleeps, time moves to the next thing that is due, which is then done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from avwap_cli import playbook
from avwap_cli.errors import AvwapError
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.home import Home
from avwap_cli.ports import Progress
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.use_cases import trading_day
from avwap_cli.wiring.desk import ALPACA_KEYS, Choices, Desk
from avwap_cli.wiring.trading_desk import ACCOUNT

BEGINS = time(9, 20)


@dataclass(frozen=True, slots=True)
class Due:
    """A piece of the day's work and its time.

    Attributes:
        settles: of work that is repeated: from then on it is its last time.  Once it finds
            nothing left to do, only that is still done.
    """

    at: datetime
    stage: str
    work: Callable[[], Outcome]
    settles: datetime | None = None


class PlayedCron:
    """The exchange's time, and cron: where somebody sleeps, what is due meanwhile is done.

    Nothing is begun while something else is at work or a pass holds the account: in one
    process both would wait for each other.

    Attributes:
        problems: why a piece of work failed, one sentence each.
    """

    def __init__(self, exchange: LocalExchange, held: Callable[[], bool]) -> None:
        self._exchange = exchange
        self._held = held
        self._due: deque[Due] = deque()
        self._at_work = False
        self.problems: list[str] = []
        self.passed: Callable[[datetime], None] = lambda _: None

    def plan(self, due: list[Due]) -> None:
        """Do these at their times."""
        self._due = deque(sorted(due, key=lambda each: each.at))

    def now(self) -> datetime:
        return self._exchange.now()

    def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while self._due and self._due[0].at <= until and not (self._at_work or self._held()):
            due = self._due.popleft()
            self.until(due.at)
            self._begun(due)
        self.until(until)
        self.passed(self.now())

    def until(self, moment: datetime) -> None:
        """Let time pass up to then."""
        if self.now() < moment:
            self._exchange.step_to(moment)

    def _begun(self, due: Due) -> None:
        self._at_work = True
        try:
            if _is_done(due.work()) and due.settles is not None:
                self._due = deque(
                    d for d in self._due if d.stage != due.stage or d.at >= due.settles
                )
        except AvwapError as problem:
            self.problems.append(str(problem))
        finally:
            self._at_work = False


def _is_done(outcome: Outcome) -> bool:
    """Whether `enter` neither waits for an order nor judged a candidate."""
    judged = any(name.startswith("denied_") for name in outcome.counts)
    return not judged and not outcome.counts.get("working")


@dataclass(frozen=True, slots=True)
class ServedDay:
    """A desk at an exchange that serves, on its time, and the cron that plays there."""

    desk: Desk
    cron: PlayedCron


@contextmanager
def served_day(exchange: LocalExchange, home: Home, choices: Choices) -> Iterator[ServedDay]:
    """The exchange, serving for the length of a `with` block, and a desk of that home at it."""
    choices = replace(choices, home=home.root)
    with serving(exchange) as served:
        keys = dict(zip(ALPACA_KEYS, (exchange.keys.key_id, exchange.keys.secret), strict=True))
        flags = {**choices.settings, "broker.mode": "exchange", "broker.url": f'"{served.url}"'}
        cron = PlayedCron(exchange, lambda: desk.running_since(ACCOUNT) is not None)
        desk = Desk(replace(choices, now=None, settings=flags), keys, cron)
        yield ServedDay(desk, cron)


def conduct_day(day: ServedDay, session: date, progress: Progress) -> None:
    """The stages that trade, in the order of their windows; the report is not one of them.

    Raises:
        AvwapError: a stage before `monitor`, or monitor itself, failed.
    """
    desk, cron = day.desk, day.cron
    opens, closes = playbook.windows("monitor", session)
    total = int((closes - opens).total_seconds() // 60)
    progress.begin("trading day", total)

    def passed(moment: datetime) -> None:
        done = int((moment - opens).total_seconds() // 60)
        progress.advance(max(0, min(done, total)), f"{moment:%H:%M} ET")

    cron.passed = passed
    cron.plan(_repeated(desk, session))
    for name, work in (
        ("gapfilter", partial(trading_day.gapfilter, desk, None, dry_run=False)),
        ("enter-moo", partial(trading_day.enter, desk, "moo", None, dry_run=False)),
        ("monitor", partial(trading_day.monitor, desk, None, once=False, dry_run=False)),
    ):
        cron.until(playbook.windows(name, session)[0])
        work()
    progress.end()


def _repeated(desk: Desk, session: date) -> list[Due]:
    """What is due while monitor runs: each group at its opening; again and again where the
    playbook says that only the last time settles it."""
    due = []
    for stage in playbook.STAGES:
        if stage.group in ("", "moo"):
            continue
        work = partial(trading_day.enter, desk, stage.group, None, dry_run=False)
        at, closes = playbook.windows(stage.name, session)
        settles = None if stage.settles is None else stage.settles.on(session)
        while at < closes:
            due.append(Due(at, stage.name, work, settles))
            if settles is None:
                break
            at += timedelta(minutes=stage.every_min)
    return due
