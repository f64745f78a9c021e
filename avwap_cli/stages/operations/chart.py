"""The chart stage: one symbol's daily chart, as of any session that the cache holds.

A candidate of that session is drawn as on its card; any other symbol with the levels that a
long setup of it would have.  Where there is no scan of that session all is measured anew, from
what was known after the session before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

from avwap_cli.errors import AvwapError, MissingInput, UsageError
from avwap_cli.market import sessions
from avwap_cli.market.symbols import inside
from avwap_cli.playbook import SCAN_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.review.candidate_charts import Measured, Subject, daily_chart
from avwap_cli.review.candidate_rows import readable
from avwap_cli.review.candidate_subjects import levels_of, subject_of
from avwap_cli.review.pages.report_records import Picture
from avwap_cli.review.scan_documents import Row
from avwap_cli.signals.finds import AVWAP
from avwap_cli.stages.evening.explain import universe_session
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.stages.operations.chart_inputs import ChartPorts, measured
from avwap_cli.stages.operations.session_documents import document_of
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "chart"
NAME = "daily"


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """Which chart is wanted.

    Attributes:
        symbol: as a person spells it.
        session: the trade session; the chart ends the session before.
    """

    symbol: str
    session: date


def run_chart(
    request: ChartRequest,
    store: ArtifactStore,
    ports: ChartPorts,
    fate: Callable[[str], str],
    write: Callable[[Picture, date], tuple[str, bool]],
) -> Outcome:
    """Draw it on a page of its own, or as a picture.

    Args:
        fate: symbol -> what became of it in that session's scan, in a sentence.
        write: draws it as of that session -> the path, and whether its bytes changed.

    Raises:
        UsageError: the text is no symbol.
        MissingInput: the cache has no bar of it up to that session.
        StaleInput, DamagedInput: the cache cannot be used.
    """
    symbol = inside(request.symbol)
    if symbol is None:
        raise UsageError(
            f"{request.symbol!r} is not a symbol", "write it as in the lists, e.g. BRK.B"
        )
    as_of = sessions.previous_session(request.session)
    missing: list[str] = []
    scan = _scan(store, request.session, missing)
    drawn = measured(ports, as_of, [symbol], None if scan is None else scan.get("avwap_price"))
    column = drawn.panel.column(symbol)
    if column is None or not drawn.panel.bars[column]:
        raise MissingInput(
            f"the bar cache has no bar of {symbol} up to {as_of}",
            "check the spelling, or add it with `avwap import`",
        )
    row = _candidate(scan, symbol)
    subject = _subject(drawn, symbol) if row is None else subject_of(row, NAME)
    picture = Picture(
        symbol=symbol,
        name=_company(store, request.session, symbol),
        session=request.session,
        chart=daily_chart(drawn, subject),
        facts=[*_facts(drawn, symbol), *_fate(fate, symbol, missing)],
        candidate=row,
        missing=missing,
    )
    path, changed = write(picture, as_of)
    return _outcome(picture, as_of, path, changed)


def _outcome(picture: Picture, as_of: date, path: str, changed: bool) -> Outcome:
    ending = "" if changed else "; the same as before, nothing changed"
    candles = len(picture.chart.candles)
    return Outcome(
        stage=STAGE,
        trade_session=picture.session,
        state=State.DONE if changed else State.UNCHANGED,
        summary=f"{picture.symbol}, {candles} sessions to {as_of}: {path}{ending}",
        counts={"candles": candles, "lines": len(picture.chart.lines)},
        warnings=tuple(picture.missing),
        body={
            "page": path,
            "symbol": picture.symbol,
            "name": picture.name,
            "facts": dict(picture.facts),
            "candidate": picture.candidate,
            "chart": asdict(picture.chart),
        },
    )


def _scan(store: ArtifactStore, session: date, missing: list[str]) -> Row | None:
    scan, problem = document_of(store, session, SCAN_JSON)
    if scan is not None:
        return scan
    why = (
        f"there is no scan of {session}"
        if problem is None
        else f"the scan of {session} cannot be read ({problem.message})"
    )
    missing.append(
        f"{why}: levels and anchors are measured anew from the bars up to"
        f" {sessions.previous_session(session)}, with today's configuration; nothing later is in"
        " them"
    )
    return None


def _candidate(scan: Row | None, symbol: str) -> Row | None:
    """The best candidate of that symbol; None where there is none."""
    rows = (row for row in readable(scan)[0] if row["symbol"] == symbol)
    return min(rows, key=lambda row: int(row["rank"]), default=None)


def _subject(drawn: Measured, symbol: str) -> Subject:
    """A symbol that is no candidate, as a long setup."""
    column = drawn.panel.column(symbol)
    found = drawn.sides[1].levels
    prices = {name: float(getattr(found, name)[column]) for name in ("entry", "stop", "r1", "r2")}
    return Subject(NAME, symbol, 1, (AVWAP,), levels=levels_of(prices))


def _facts(drawn: Measured, symbol: str) -> Iterator[tuple[str, str]]:
    column = drawn.panel.column(symbol)
    panel, f = drawn.panel, drawn.features
    last = panel.sessions[panel.session[-1, column]]
    yield "last bar", str(last)
    yield "close", f"{float(panel.close[-1, column]):,.2f} USD"
    yield "ATR", f"{float(f.atr[column]):,.2f} USD, {float(f.atr_frac[column]):.1%}"
    yield "mean volume", f"{float(f.volume_mean[column]):,.0f} shares"
    yield "weighed price", drawn.prices.kind


def _fate(fate: Callable[[str], str], symbol: str, missing: list[str]) -> Iterator[tuple[str, str]]:
    try:
        yield "in the scan", fate(symbol)
    except AvwapError as problem:
        missing.append(f"what the scan makes of it is left out: {problem.message}")


def _company(store: ArtifactStore, session: date, symbol: str) -> str:
    try:
        members = read_universe(store, universe_session(store, session)).members
    except AvwapError:
        return ""
    return next((member.name for member in members if member.symbol == symbol), "")
