"""START HERE.  The playbook: the stages of one trade session, in order.

Each stage is one command.  It has a window in which it is its time, reads what stages
before it wrote, and writes files into the folder of the trade session.  Times are New
York time, told from the *as-of* session (the last one closed) or from the *trade
session* (the next one, the day acted on), so that an evening belongs to its as-of
session whatever the wall date: Friday 18:30 to Monday 09:20 is one evening.  The times of the day
itself are told from the trade session's own open and close, so half days need no edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from avwap_cli.errors import UsageError
from avwap_cli.market import sessions
from avwap_cli.trading.entry_windows import BOH, CONFIRM, MOO, WINDOWS

# The files of a session's folder
UNIVERSE_JSON, UNIVERSE_CSV = "universe.json", "universe.csv"
CACHE_JSON, SCAN_JSON, EXITS_PLANNED_JSON = "cache.json", "scan.json", "exits_planned.json"
SIGNALS_PARQUET, CANDIDATES_CSV = "signals.parquet", "daily_candidates.csv"
WATCHLIST_TXT, GAPFILTER_JSON = "tradingview_watchlist.txt", "gapfilter.json"
ENTRIES_JSON, EXITS_JSON, REPORT_HTML = "entries.json", "exits.json", "report.html"
TRADES_JSONL, EQUITY_JSONL, ALERTS_JSONL = "trades.jsonl", "equity.jsonl", "alerts.jsonl"
MINUTES_PARQUET = "minutes.parquet"


class Day(StrEnum):
    """The two sessions that a moment can be told from."""

    AS_OF = "as_of"
    TRADE = "trade"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day on the as-of or the trade session.

    Attributes:
        day: which of the two.
        at: New York wall time; None = that session's close (half days included).
        plus_min: minutes added, e.g. `Moment(Day.TRADE, None, 15)` is C+15 min.
    """

    day: Day
    at: time | None
    plus_min: int = 0

    def on(self, trade_session: date) -> datetime:
        """The moment in the evening and day of that trade session, aware."""
        return _moment_on(self, trade_session)


@lru_cache(maxsize=1024)
def _moment_on(moment: Moment, trade_session: date) -> datetime:
    day = trade_session
    if moment.day is Day.AS_OF:
        day = sessions.previous_session(trade_session)
    if moment.at is None:
        told = sessions.closes_at(day)
    else:
        told = datetime.combine(day, moment.at, sessions.EASTERN)
    return told + timedelta(minutes=moment.plus_min)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a session's folder and the schema it carries (text files carry none)."""

    name: str
    schema: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the day.

    Attributes:
        name: its lock, its run records, its row on the status page.
        purpose: what it is for, one line.
        opens, closes: its window; it opens at `opens` and is over at `closes`.
        expected_by: not done by then, it is overdue; a later stage that waits for it gives up.
        reads: what it needs.
        writes: the artifacts, the one that says "done" first.
        every_min: how often it is asked while its window is open; once done it does nothing.
        group: of `enter`, which is one stage per group of candidates.
        by_run: a run that ended well says "done", not an artifact: others write it as well.
        settles: it is repeated, and only a run that ended well at or after this moment is the
            last one; None = once is enough.
        trades: it asks a broker, and does nothing for those who only look at candidates.
        also: what its run does beside its artifacts.
    """

    name: str
    purpose: str
    opens: Moment
    closes: Moment
    expected_by: Moment
    reads: tuple[str, ...]
    writes: tuple[Artifact, ...]
    every_min: int = 15
    group: str = ""
    by_run: bool = False
    settles: Moment | None = None
    trades: bool = False
    also: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The command line that runs it, without the program."""
        return ("enter", "--group", self.group) if self.group else (self.name,)

    @property
    def command(self) -> str:
        """The same as one text."""
        return " ".join(self.words)


def _on(hour: int, minute: int) -> Moment:
    return Moment(Day.TRADE, time(hour, minute))


def _after_close(minutes: int) -> Moment:
    return Moment(Day.TRADE, None, minutes)


def _enter(group: str, purpose: str, **more: Any) -> Stage:
    window = WINDOWS[group]
    return Stage(
        name=f"enter-{group}",
        purpose=purpose,
        opens=Moment(Day.TRADE, window.opens),
        closes=Moment(Day.TRADE, window.closes, window.plus_min),
        reads=(GAPFILTER_JSON, "ledger", "broker"),
        writes=(Artifact(ENTRIES_JSON, "avwap.entries/1.0"),),
        group=group,
        by_run=True,
        trades=True,
        **more,
    )


_EVENING_ENDS = Moment(Day.TRADE, time(9, 20))

STAGES = (
    Stage(
        name="universe",
        purpose="what trades: the membership lists, merged, one symbol form",
        opens=Moment(Day.AS_OF, time(18, 30)),
        closes=_EVENING_ENDS,
        expected_by=Moment(Day.AS_OF, time(20, 0)),
        reads=("holdings and index lists", "bar cache, for the liquidity columns"),
        writes=(
            Artifact(UNIVERSE_JSON, "avwap.universe/1.0"),
            Artifact(UNIVERSE_CSV, "avwap.universe/1.0"),
        ),
    ),
    Stage(
        name="refresh-cache",
        purpose="what happened: daily bars of every member and benchmark, up to the as-of session",
        opens=Moment(Day.AS_OF, time(19, 0)),
        closes=_EVENING_ENDS,
        expected_by=Moment(Day.AS_OF, time(23, 0)),
        reads=(UNIVERSE_CSV, UNIVERSE_JSON, "the data provider"),
        writes=(Artifact(CACHE_JSON, "avwap.cache/1.0"),),
    ),
    Stage(
        name="scan",
        purpose="what looks good: tonight's candidates, ranked, with their reasons",
        opens=Moment(Day.AS_OF, time(20, 0)),
        closes=_EVENING_ENDS,
        expected_by=Moment(Day.AS_OF, time(23, 30)),
        reads=(UNIVERSE_CSV, UNIVERSE_JSON, "bar cache", "earnings dates", "open positions"),
        writes=(
            Artifact(SCAN_JSON, "avwap.scan/1.0"),
            Artifact(EXITS_PLANNED_JSON, "avwap.exits_planned/1.0"),
            Artifact(SIGNALS_PARQUET, "avwap.signals/1.0"),
            Artifact(CANDIDATES_CSV, "avwap.daily_candidates/1.0"),
            Artifact(WATCHLIST_TXT, None),
        ),
    ),
    Stage(
        name="gapfilter",
        purpose="what is left at the open: candidates that gapped are dropped, the plan is frozen",
        opens=_on(9, 25),
        closes=_on(9, 29),
        expected_by=_on(9, 29),
        reads=(SCAN_JSON, "quotes"),
        writes=(Artifact(GAPFILTER_JSON, "avwap.gapfilter/1.0"),),
        every_min=1,
        trades=True,
    ),
    _enter(
        MOO,
        "entries at the open",
        expected_by=_on(9, 30),
        every_min=1,
    ),
    Stage(
        name="monitor",
        purpose="what we hold: stops, trims and exits, from before the open until after the close",
        opens=_on(9, 28),
        closes=_after_close(10),
        expected_by=_on(9, 31),
        reads=("ledger", "broker", "bars"),
        writes=(
            Artifact(EXITS_JSON, "avwap.exits/1.0"),
            Artifact(TRADES_JSONL, "avwap.trades/1.0"),
            Artifact(EQUITY_JSONL, "avwap.equity/1.0"),
            Artifact(ALERTS_JSONL, "avwap.alerts/1.0"),
        ),
        every_min=1,
        by_run=True,
        settles=_after_close(0),
        trades=True,
    ),
    _enter(
        CONFIRM,
        "entries that the first minutes confirm",
        expected_by=_on(9, 50),
        every_min=1,
    ),
    _enter(
        BOH,
        "entries at a breakout that holds, looked for through the session",
        expected_by=_on(10, 5),
        every_min=5,
        settles=_after_close(-40),
    ),
    Stage(
        name="report",
        purpose="what came of it: candidates, trades and equity as pictures on one page",
        opens=_after_close(15),
        closes=_on(20, 0),
        expected_by=_after_close(60),
        reads=("the session folder", "ledger", "bar cache", "minute bars"),
        writes=(Artifact(REPORT_HTML, None), Artifact(MINUTES_PARQUET, "avwap.minutes/1.0")),
        trades=True,
        also=("a copy of the ledger",),
    ),
)


def stage(name: str) -> Stage:
    """The stage of that name.

    Raises:
        UsageError: there is none.
    """
    for candidate in STAGES:
        if candidate.name == name:
            return candidate
    raise UsageError(
        f"there is no stage {name!r}", f"the stages are {', '.join(s.name for s in STAGES)}"
    )


def windows(name: str, trade_session: date) -> tuple[datetime, datetime]:
    """When that stage's window opens and is over, for one trade session."""
    found = stage(name)
    return found.opens.on(trade_session), found.closes.on(trade_session)


def turn(name: str, now: datetime) -> date | None:
    """The trade session whose window of that stage holds `now` (aware); None outside of all."""
    newest = sessions.trade_session_of(now)
    for session in (newest, sessions.previous_session(newest)):
        if is_open(name, session, now):
            return session
    return None


def current_session(now: datetime) -> date:
    """The trade session that `now` (aware) is about: a day lasts until the next evening begins."""
    newest = sessions.trade_session_of(now)
    begun = STAGES[0].opens.on(newest) <= now
    return newest if begun else sessions.previous_session(newest)


def is_open(name: str, trade_session: date, now: datetime) -> bool:
    """Whether `now` lies in the window (its start included, its end not)."""
    opens, closes = windows(name, trade_session)
    return opens <= now < closes


def producer(artifact: str) -> Stage | None:
    """The stage that writes the file of that name; None when no stage does."""
    for candidate in STAGES:
        if any(written.name == artifact for written in candidate.writes):
            return candidate
    return None


def schema_of(artifact: str) -> str | None:
    """The schema that the file of that name carries today; None for text and unknown files."""
    for candidate in STAGES:
        for written in candidate.writes:
            if written.name == artifact:
                return written.schema
    return None
