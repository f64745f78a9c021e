"""The demo's trading day: every stage at its time, at a local exchange, in virtual time.

The exchange serves real HTTP on a free port of this computer, and the stages are conducted as
the commands conduct them.  Only cron is played: `monitor` runs through the session, and where
it sleeps, time moves to the next thing that is due, which is then done.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from avwap_cli import bookkeeping, playbook, trading_day
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.stage_locks import holder
from avwap_cli.defaults import demo_text
from avwap_cli.demo_paths import Part, Role, cast, minutes
from avwap_cli.errors import AvwapError
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.playbook import EQUITY_JSONL, REPORT_HTML, SCAN_JSON
from avwap_cli.ports import Clock, Progress
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.trading_wiring import ACCOUNT
from avwap_cli.wiring import ALPACA_KEYS, Choices, Desk

BEGINS = time(9, 20)
CONFIG_NAME, BOOKS_NAME = "demo.yaml", "exchange.json"
LOST_ANSWER = "504-after-accept@POST /v2/orders,symbol={symbol},times=1"


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


class DayDesk(Desk):
    """A desk on the exchange's time."""

    def __init__(self, choices: Choices, environment: Mapping[str, str], time_: Clock) -> None:
        super().__init__(choices, environment)
        self._time = time_

    @cached_property
    def clock(self) -> Clock:
        """The exchange's time."""
        return self._time


def is_over(home: Home, session: date) -> bool:
    """Whether the demo's day was played to its end."""
    folder = _folder(home, session)
    equity = folder / EQUITY_JSONL
    return (
        (home.outputs / BOOKS_NAME).is_file()
        and (folder / REPORT_HTML).is_file()
        and equity.is_file()
        and bool(equity.read_text(encoding="utf-8").strip())
    )


def config_of(home: Home) -> Path:
    """What is laid over the shipped configuration for the day."""
    return home.root / CONFIG_NAME


def books_of(home: Home) -> dict[str, Any]:
    """The exchange's books at the end of the day."""
    found: dict[str, Any] = json.loads((home.outputs / BOOKS_NAME).read_text(encoding="utf-8"))
    return found


def play(
    home: Home, seed: int, session: date, choices: Choices, progress: Progress
) -> tuple[str, ...]:
    """Play the day from its beginning; sentences about what failed.

    Raises:
        AvwapError: a stage before or after `monitor`, or monitor itself, failed.
    """
    clear_day(home, session)
    config = config_of(home)
    write_if_changed(config, demo_text().encode())
    asked = replace(choices, home=home.root, config=config, now=None, as_json=False, quiet=True)
    desk = Desk(asked, {})
    candidates = desk.store.read_json(session, SCAN_JSON)["candidates"]
    roles = cast(candidates)
    exchange = _exchange(desk, seed, session, roles)
    with serving(exchange) as served:
        keys = dict(zip(ALPACA_KEYS, (exchange.keys.key_id, exchange.keys.secret), strict=True))
        cron = PlayedCron(exchange, lambda: holder(home.locks, ACCOUNT) is not None)
        asked = replace(asked, settings={**asked.settings, "broker.url": f'"{served.url}"'})
        _played(DayDesk(asked, keys, cron), cron, session, progress)
        books = json.dumps(exchange.snapshot(), indent=2) + "\n"
    write_if_changed(home.outputs / BOOKS_NAME, books.encode())
    return tuple(cron.problems)


def _played(desk: DayDesk, cron: PlayedCron, session: date, progress: Progress) -> None:
    """The stages of the session in the order of their windows."""
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
        ("report", partial(bookkeeping.report, desk, None, dry_run=False)),
    ):
        cron.until(playbook.windows(name, session)[0])
        work()
    progress.end()


def _repeated(desk: DayDesk, session: date) -> list[Due]:
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


def _exchange(desk: Desk, seed: int, session: date, roles: tuple[Role, ...]) -> LocalExchange:
    """The made-up market of that session, the candidates' own minutes by the script."""
    market = desk.made_up_market(seed, session)
    table = market.bars()
    day = table.take(table.session == np.datetime64(sessions.previous_session(session)))
    volumes = dict(zip(day.names().tolist(), day.volume.tolist(), strict=True))
    mine = {role.symbol for role in roles}
    # The script's prices of the day are on the basis of the evening that it was made for.
    splits = [s for s in market.splits() if s.symbol not in mine or s.first_session < session]
    tape = Tape(
        table,
        splits,
        minutes(roles, session, volumes) if roles else None,
        TapeOptions(seed=seed),
        dict(zip(market.companies.symbols, market.companies.names, strict=True)),
    )
    start = datetime.combine(session, BEGINS, sessions.EASTERN)
    faults = [LOST_ANSWER.format(symbol=r.symbol) for r in roles if r.part is Part.IS_LOST]
    return LocalExchange(tape, Settings(seed=seed), start=start, faults=faults)


def clear_day(home: Home, session: date) -> None:
    """Remove what a day that was broken off has left; the evening's work stays."""
    folder = _folder(home, session)
    for stage in (stage for stage in playbook.STAGES if stage.trades):
        for written in stage.writes:
            (folder / written.name).unlink(missing_ok=True)
        for record in (folder / "runs").glob(f"{stage.name}-*.json"):
            record.unlink()
    shutil.rmtree(home.ledgers, ignore_errors=True)
    (home.outputs / BOOKS_NAME).unlink(missing_ok=True)


def _folder(home: Home, session: date) -> Path:
    return home.sessions / session.isoformat()
