"""Bars by hand: a person's own files in and out of the cache, and references measured from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases.conduct import conduct, trade_session
from avwap_cli.use_cases.evening import request_scan
from avwap_cli.wiring.desk import Desk


def bring_in(desk: Desk, files: list[Path], replace_all: bool) -> Outcome:
    """Users' own files into the cache, as of the last completed session."""
    from avwap_cli.stages.evening.bar_exchange import import_bars

    session = trade_session(desk, None)
    as_of = sessions.previous_session(session)

    def work() -> Outcome:
        return import_bars(
            trade_session=session,
            as_of=as_of,
            fetched_at=desk.known_at(),
            files=desk.data.file_bars(files),
            cache=desk.bars,
            sessions=sessions.sessions_between(sessions.FIRST_DAY, as_of),
            replace=replace_all,
        )

    return conduct(desk, "refresh-cache", session, work, records=False)


def take_out(desk: Desk, out: Path, symbols: list[str]) -> Outcome:
    """The cache's bars into one file."""
    from avwap_cli.stages.evening.bar_exchange import export_bars

    info = desk.bars.info()
    return export_bars(
        trade_session=sessions.next_session(info.as_of),
        as_of=info.as_of,
        cache=desk.bars,
        sessions=info.sessions,
        symbols=symbols,
        name=str(out),
        write=lambda table: desk.write_bars(out, table),
    )


def calibrated(desk: Desk, asked: str | None, first: str, every: int, out: Path) -> Outcome:
    """Reference strengths, written as a YAML overlay."""
    from avwap_cli.stages.evening.calibrate import Plan, run_calibrate

    outcome = run_calibrate(
        request_scan(desk, trade_session(desk, asked), "daily"),
        Plan(sessions.parse_session(first), every),
        funds=desk.config.data.benchmarks,
        store=desk.store,
        bars=desk.bars,
        earnings=desk.data.earnings(),
        progress=desk.progress,
    )
    if desk.write_named(out, outcome.body["yaml"]):
        return replace(outcome, summary=f"{outcome.summary}; written to {out}")
    text = f"{outcome.summary}; {out} holds them already, nothing changed"
    return replace(outcome, state=State.UNCHANGED, summary=text)
