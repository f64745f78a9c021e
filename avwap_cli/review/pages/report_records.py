"""Report records: everything that the pages of a session, of a week and of one chart show.

A part that is not there is None or empty; `missing` says in words which and why.  The
stages fill the records, the pages only draw them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from avwap_cli.review.charts import Chart
from avwap_cli.review.scan_documents import Row, rows_of

CandidateKey = tuple[str, str]  # symbol, strategy


@dataclass(frozen=True, slots=True)
class Assets:
    """What a page carries with it, as text: its style, its script, and the charts' library."""

    css: str
    js: str
    library: str


@dataclass(frozen=True, slots=True)
class RegimeDay:
    """The regime at one session's close: TREND with its direction, or another name; close in USD."""

    session: date
    name: str
    direction: str | None = None
    close: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """One open position at the session's end.

    Attributes:
        last, last_at: the last known price (USD) and of when, in words; None = not known.
        r: realized and open result, in units of what was at risk at the start.
        pnl_usd: the same in USD.
        held_sessions, max_hold_sessions: the entry session counts 0; None = no exit by time.
    """

    symbol: str
    strategy: str
    direction: str
    entry_session: date
    shares: float
    avg_price: float
    stop: float | None = None
    target: float | None = None
    last: float | None = None
    last_at: str = ""
    r: float | None = None
    pnl_usd: float | None = None
    held_sessions: int | None = None
    max_hold_sessions: int | None = None


@dataclass(frozen=True, slots=True)
class Slippage:
    """What one order's fill cost against its decision; positive = cost, negative = gain.

    Attributes:
        leg: entry, exit, trim1, trim2, stop.
        side: buy or sell.
        decision, arrival, fill: USD a share; None = not known.
        arrival_from: where the arrival price comes from, in words.
        delay_usd: from the decision to the arrival, all shares.
        market_usd: from the arrival to the fill.
        cost_usd, cost_bps: from the decision to the fill; basis points of the decision price.
    """

    symbol: str
    strategy: str
    leg: str
    side: str
    shares: float
    decision: float | None
    arrival: float | None
    fill: float | None
    arrival_from: str = ""
    delay_usd: float | None = None
    market_usd: float | None = None
    cost_usd: float | None = None
    cost_bps: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One session.

    Attributes:
        entries, exits: bodies of entries.json and exits.json.
        entered_at: when the entries of the session filled first, in words, e.g. "10:51 ET".
        trades, equity, alerts: lines of the files of that name; trades and equity up to the
            session.
        account: which account, in words without its secrets, e.g. "paper account PA...42".
        scan, gaps: bodies of scan.json and gapfilter.json; None = not there.
        names: companies by symbol.
        regimes: of the sessions up to this one, oldest first.
        charts: the daily chart of each candidate.
        minutes: one chart per symbol traded in the session, with its entries and exits.
        held: open positions at the end.
        slippages: one per order that filled in the session.
        discrepancies: sentences on what ledger and broker tell differently.
        warnings: sentences a person should read.
        missing: sentences on what the page leaves out, and why.
    """

    session: date
    entries: Row
    exits: Row
    trades: Sequence[Row]
    equity: Sequence[Row]
    alerts: Sequence[Row]
    account: str = ""
    scan: Row | None = None
    gaps: Row | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    regimes: Sequence[RegimeDay] = ()
    charts: Mapping[CandidateKey, Chart] = field(default_factory=dict)
    minutes: Sequence[Chart] = ()
    held: Sequence[Held] = ()
    slippages: Sequence[Slippage] = ()
    discrepancies: Sequence[str] = ()
    warnings: Sequence[str] = ()
    missing: Sequence[str] = ()
    entered_at: Mapping[CandidateKey, str] = field(default_factory=dict)

    @property
    def denied(self) -> list[Row]:
        """The denials that stood at the end: one a candidate, none of what was ordered later."""
        ordered = {_key(row) for row in rows_of(self.entries, "orders")}
        last = {_key(row): row for row in rows_of(self.entries, "denials")}
        return [row for key, row in last.items() if key not in ordered]


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One session of a week; None = not known.

    Attributes:
        entered, closed: entry orders that filled, round trips closed.
        pnl_usd: of the round trips closed.
        page: path of the session's own page from the week's, with `/`; None = there is none.
    """

    session: date
    regime: str | None
    candidates: int | None
    entered: int
    closed: int
    pnl_usd: float
    equity_usd: float | None
    drawdown_frac: float | None
    alerts: int
    urgent: int
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """Several sessions on one page.

    Attributes:
        trades: round trips closed between `first` and `last`, both included, oldest first.
        equity: lines of equity.jsonl up to `last`.
        slippages, held, missing: as in `Report`; held at the end of `last`.
    """

    first: date
    last: date
    days: Sequence[WeekDay]
    trades: Sequence[Row]
    equity: Sequence[Row]
    held: Sequence[Held] = ()
    slippages: Sequence[Slippage] = ()
    account: str = ""
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """One symbol's chart on a page of its own.

    Attributes:
        session: the trade session; the chart ends the session before.
        facts: label and text, shown beside the chart.
        candidate: the symbol's candidate in that session's scan, None = it was none.
        missing: as in `Report`.
    """

    symbol: str
    name: str
    session: date
    chart: Chart
    facts: Sequence[tuple[str, str]] = ()
    candidate: Row | None = None
    missing: Sequence[str] = ()


def _key(row: Row) -> CandidateKey:
    return str(row.get("symbol")), str(row.get("strategy"))
