"""Report inputs: everything that the page of a session shows, gathered part by part.

A part that cannot be had is left out and named, and never takes the others with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from avwap_cli.errors import AvwapError, BrokerError, ConfigError, MissingInput
from avwap_cli.market import sessions
from avwap_cli.playbook import ENTRIES_JSON, EXITS_JSON, GAPFILTER_JSON, SCAN_JSON
from avwap_cli.ports import ArtifactStore, Ledger, Quotes
from avwap_cli.review import trading_documents
from avwap_cli.review.candidate_charts import Measured
from avwap_cli.review.candidate_rows import readable
from avwap_cli.review.candidate_subjects import candidate_charts, rebased
from avwap_cli.review.open_positions import LastPrice, open_positions
from avwap_cli.review.pages.report_records import CandidateKey, Held, RegimeDay, Report
from avwap_cli.review.past_facts import facts_until
from avwap_cli.review.regime_days import regime_days
from avwap_cli.review.scan_documents import Row, is_number, nested, rows_of
from avwap_cli.review.session_charts import session_charts, traded_on
from avwap_cli.review.slippages import slippages
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.stages.operations.chart_inputs import ChartPorts, measured
from avwap_cli.stages.operations.minute_tapes import MinuteTape, minute_tape
from avwap_cli.stages.operations.session_documents import document_of
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts

DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class ReportPorts:
    """Where a report's parts come from.

    Attributes:
        ledger, quotes: made when they are asked for; what they raise leaves a part out.
        account: which account, in words without its secrets.
    """

    store: ArtifactStore
    charts: ChartPorts
    ledger: Callable[[], Ledger]
    quotes: Callable[[], Quotes]
    account: str = ""


@dataclass(slots=True)
class Notes:
    """What is said of the parts.

    Attributes:
        missing: for the page: what is left out, and why.
        warnings: for whoever runs the stage: what went wrong, with its path.
        exit_code: what the run is to end with.
    """

    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    exit_code: int = 0

    def lost(self, part: str, problem: AvwapError) -> None:
        """A part cannot be had."""
        self.missing.append(part)
        self.warnings.append(f"{part}: {problem}")


def read_book(ports: ReportPorts, session: date, notes: Notes) -> Book | None:
    """The ledger as it stood after that session; None where there is none, or it is damaged."""
    try:
        facts = ports.ledger().facts()
    except (MissingInput, BrokerError, ConfigError) as problem:
        notes.lost("there is no ledger at hand, so what was traded is left out", problem)
        return None
    except AvwapError as problem:
        notes.exit_code = problem.exit_code
        notes.lost("the ledger cannot be read, so what was traded is left out", problem)
        return None
    return fold(facts_until(facts, session))


def gather(session: date, ports: ReportPorts, notes: Notes) -> Report:
    """All that the page of that session shows; `notes` says what it does not."""
    ledger = read_book(ports, session, notes)
    book = ledger if ledger is not None else fold(Facts())
    scan = _document(ports.store, session, SCAN_JSON, "candidates and funnel are left out", notes)
    rows = _candidates(scan, notes)
    drawn = _drawn(session, rows, scan, ports, notes)
    held = {p.symbol for p in book.open if p.entry_session <= session}
    symbols = {str(row["symbol"]) for row in rows} | set(traded_on(book, session)) | held
    tape = _tape(session, symbols, ports, notes)
    alerts = trading_documents.alert_lines(book, session)
    return Report(
        session=session,
        entries=_body(ledger, ENTRIES_JSON, session, ports.store, notes),
        exits=_body(ledger, EXITS_JSON, session, ports.store, notes),
        trades=trading_documents.trade_lines(book, session),
        equity=trading_documents.equity_lines(book, session),
        alerts=alerts,
        account=ports.account if ledger is not None else "",
        scan=None if scan is None else {**scan, "candidates": rows},
        gaps=_document(
            ports.store, session, GAPFILTER_JSON, "the gap filter's verdicts are left out", notes
        ),
        names=_names(ports.store, session, symbols, notes),
        regimes=_regimes(drawn, scan, session, ports),
        charts={} if drawn is None else candidate_charts(drawn, rows),
        minutes=session_charts(book, session, tape.bars),
        held=open_positions_at(book, session, tape),
        slippages=slippages(book, session, tape.bars),
        discrepancies=[str(a["text"]) for a in alerts if a["kind"] == DIFFERS and a["begins"]],
        warnings=[
            *([] if drawn is None else rebased(drawn, rows)),
            *_revised(scan, session, ports),
        ],
        missing=notes.missing,
        entered_at=_entered_at(book, session),
    )


def _entered_at(book: Book, session: date) -> dict[CandidateKey, str]:
    """When each entry of the session filled first, in New York."""
    return {
        (p.symbol, p.strategy): f"{p.entered_at.astimezone(sessions.EASTERN):%H:%M} ET"
        for p in (*book.closed, *book.open)
        if p.entry_session == session
    }


def _document(
    store: ArtifactStore, session: date, name: str, without: str, notes: Notes
) -> dict[str, Any] | None:
    document, problem = document_of(store, session, name)
    if problem is not None:
        notes.lost(f"{name} cannot be read: {without}", problem)
    elif document is None:
        notes.missing.append(f"{name} is not there: {without}")
    return document


def _body(book: Book | None, name: str, session: date, store: ArtifactStore, notes: Notes) -> Row:
    """What was entered or left, from the ledger; from the session's file where there is none."""
    makers = {
        ENTRIES_JSON: trading_documents.entries_body,
        EXITS_JSON: trading_documents.exits_body,
    }
    if book is not None:
        return makers[name](book, session)
    found = _document(store, session, name, "what it tells is left out", notes)
    empty = makers[name](fold(Facts()), session)
    if found is None:
        return empty
    return {key: rows_of(found, key) if value == [] else value for key, value in empty.items()}


def _candidates(scan: Row | None, notes: Notes) -> list[dict[str, Any]]:
    found, lost = readable(scan)
    if lost:
        notes.missing.append(f"{lost} of the candidates in scan.json cannot be read")
    return found


def _drawn(
    session: date, rows: Sequence[Row], scan: Row | None, ports: ReportPorts, notes: Notes
) -> Measured | None:
    """The candidates' bars up to the as-of session; None where the cache cannot give them."""
    as_of = sessions.previous_session(session)
    symbols = [str(row["symbol"]) for row in rows]
    price = None if scan is None else scan.get("avwap_price")
    try:
        return measured(ports.charts, as_of, symbols, price)
    except AvwapError as problem:
        notes.lost(f"the bar cache cannot give the bars to {as_of}: no daily charts", problem)
        return None


def _revised(scan: Row | None, session: date, ports: ReportPorts) -> list[str]:
    """Whether the cache tells of the scan's window what it told the scan."""
    seen = nested(scan or {}, "inputs").get("bars")
    if seen is None:
        return []
    as_of, charts = sessions.previous_session(session), ports.charts
    try:
        held = charts.bars.window(as_of, charts.rules.history.window_sessions).content_hash
    except AvwapError:
        return []
    return [] if held == seen else ["bars were revised since the scan; charts show the new ones"]


def _regimes(
    drawn: Measured | None, scan: Row | None, session: date, ports: ReportPorts
) -> list[RegimeDay]:
    """The regimes by the bars; the session's own as its scan found it."""
    days = [] if drawn is None else list(regime_days(drawn.panel, ports.charts.rules.regime))
    found = regime_of(scan, session)
    if found is None:
        return days
    return [*(day for day in days if day.session != session), found]


def regime_of(scan: Row | None, session: date) -> RegimeDay | None:
    """The regime that a scan found; None where there is none."""
    regime = nested(scan or {}, "regime")
    if not isinstance(regime.get("name"), str):
        return None
    direction, close = regime.get("direction"), nested(regime, "numbers").get("close")
    return RegimeDay(
        session,
        regime["name"],
        direction if isinstance(direction, str) else None,
        float(close) if is_number(close) else None,
    )


def _tape(session: date, symbols: set[str], ports: ReportPorts, notes: Notes) -> MinuteTape:
    tape = minute_tape(session, symbols, ports.store, ports.quotes)
    if tape.missing:
        notes.missing.append(f"{tape.missing}: no minute charts, and no prices of arrival")
    if tape.warning:
        notes.warnings.append(f"{tape.missing}: {tape.warning}")
    return tape


def open_positions_at(book: Book, session: date, tape: MinuteTape) -> tuple[Held, ...]:
    """What is held at the session's end, by the last minutes known."""
    last = {
        symbol: LastPrice(bars[-1].close, f"{bars[-1].end.astimezone(sessions.EASTERN):%H:%M} ET")
        for symbol, bars in tape.bars.items()
    }
    return open_positions(book, session, last)


def _names(store: ArtifactStore, session: date, symbols: set[str], notes: Notes) -> dict[str, str]:
    try:
        members = read_universe(store, session).members
    except MissingInput:
        return {}
    except AvwapError as problem:
        notes.lost("the universe cannot be read: companies have no names", problem)
        return {}
    return {m.symbol: m.name for m in members if m.symbol in symbols}
