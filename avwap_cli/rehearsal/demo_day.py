"""The demo's trading day: the candidates' own script at a local exchange, played to its end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np

from avwap_cli import playbook
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.playbook import EQUITY_JSONL, REPORT_HTML, SCAN_JSON
from avwap_cli.ports import Progress
from avwap_cli.rehearsal.demo_paths import Part, Role, cast, minutes
from avwap_cli.rehearsal.played_days import BEGINS, conduct_day, served_day
from avwap_cli.stages.operations.tape_notes import TAPE_JSON, TapeNote, write_tape_note
from avwap_cli.use_cases import reporting
from avwap_cli.wiring.desk import Choices, Desk

BOOKS_NAME = "exchange.json"
LOST_ANSWER = "504-after-accept@POST /v2/orders,symbol={symbol},times=1"


def is_over(home: Home, session: date) -> bool:
    """Whether the demo's day was played to its end."""
    folder = home.session(session)
    equity = folder / EQUITY_JSONL
    return (
        (home.outputs / BOOKS_NAME).is_file()
        and (folder / REPORT_HTML).is_file()
        and equity.is_file()
        and bool(equity.read_text(encoding="utf-8").strip())
    )


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
    asked = replace(choices, home=home.root, now=None, as_json=False, quiet=True)
    desk = Desk(asked, {})
    candidates = desk.store.read_json(session, SCAN_JSON)["candidates"]
    roles = cast(candidates)
    faults = [LOST_ANSWER.format(symbol=r.symbol) for r in roles if r.part is Part.IS_LOST]
    write_tape_note(desk.store, session, TapeNote(seed, faults, splits_today=False))
    exchange = _exchange(desk, seed, session, roles, faults)
    with served_day(exchange, home, asked) as day:
        conduct_day(day, session, progress)
        day.cron.until(playbook.windows("report", session)[0])
        reporting.report(day.desk, None, dry_run=False)
        books = json.dumps(exchange.snapshot(), indent=2) + "\n"
    desk.write_file(home.outputs / BOOKS_NAME, books.encode(), private=True)
    return tuple(day.cron.problems)


def _exchange(
    desk: Desk, seed: int, session: date, roles: tuple[Role, ...], faults: Sequence[str]
) -> LocalExchange:
    """The made-up market of that session, the candidates' own minutes by the script."""
    market = desk.data.made_up_market(seed, session)
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
    return LocalExchange(tape, Settings(seed=seed), start=start, faults=faults)


def clear_day(home: Home, session: date) -> None:
    """Remove what a day that was broken off has left; the evening's work stays."""
    folder = home.session(session)
    for stage in (stage for stage in playbook.STAGES if stage.trades):
        for written in stage.writes:
            (folder / written.name).unlink(missing_ok=True)
        for record in (folder / "runs").glob(f"{stage.name}-*.json"):
            record.unlink()
    (folder / TAPE_JSON).unlink(missing_ok=True)
    shutil.rmtree(home.ledgers, ignore_errors=True)
    (home.outputs / BOOKS_NAME).unlink(missing_ok=True)
