"""Reporting: what the commands that draw pages ask of the desks.

The page of a session or of a week, and the chart of one symbol.  A page needs no broker; only
minutes that are not kept yet are asked for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, MissingInput, UsageError
from avwap_cli.market import sessions
from avwap_cli.playbook import REPORT_HTML
from avwap_cli.ports import Ledger
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.use_cases.account import backup
from avwap_cli.use_cases.conduct import conduct, must_be_home, trade_session
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.trading_desk import TradingDesk

if TYPE_CHECKING:
    from avwap_cli.review.pages.report_records import Picture
    from avwap_cli.stages.operations.report_inputs import ReportPorts


PAGES, PICTURE = (".html", ".htm"), ".png"


def report(desk: Desk, asked: str | None, *, dry_run: bool) -> Outcome:
    """The page of a session: the one whose window it is, else the last completed one.

    Raises:
        UsageError: that session is not over.
        MissingInput: it is packed, or was traded by the ledger of another `broker.mode`.
    """
    from avwap_cli.stages.operations.report import run_report

    session = _reported(desk, asked)
    _must_tell_the_same_story(desk, session)
    path = TradingDesk(desk, dry_run=dry_run).file_of(session, REPORT_HTML)

    def work() -> Outcome:
        return run_report(session, _report_ports(desk, dry_run=dry_run), str(path))

    outcome = conduct(desk, "report", session, work, writes=not dry_run)
    return outcome if dry_run else _with_backup(desk, outcome)


def week_report(
    desk: Desk, asked: str | None, first: str | None, last: str | None, *, dry_run: bool
) -> Outcome:
    """The page of the sessions from `first` to `last`, in `outputs/`.

    Raises:
        UsageError: there is no first session, it comes after the last, or one of them is not over.
    """
    from avwap_cli.stages.operations.report import run_week

    if asked is not None or first is None:
        raise UsageError(
            "a page of several sessions needs --from, and no --session",
            "e.g. --from 2024-03-04 --to 2024-03-08",
        )
    begin, end = sessions.parse_session(first), _reported(desk, last)
    if begin > end:
        raise UsageError(f"{begin} comes after {end}", "name the first session with --from")
    path = TradingDesk(desk, dry_run=dry_run).outputs / f"report-{begin}-{end}.html"

    def work() -> Outcome:
        ports = _report_ports(desk, dry_run=dry_run)
        return run_week(
            begin,
            end,
            ports,
            str(path),
            lambda page: desk.write_file(path, page.encode(), private=True),
        )

    return conduct(desk, "report", end, work, writes=not dry_run, records=False)


def chart(desk: Desk, symbol: str, asked: str | None, profile: str, out: Path | None) -> Outcome:
    """One symbol's daily chart on a page of its own, or as the picture that `out` names.

    Raises:
        UsageError: it is no symbol, there is no such profile, the session has not come, or
            `out` is neither a page nor a picture.
    """
    from avwap_cli.review.pages.chart_page import chart_page
    from avwap_cli.review.pages.page_frames import MARK
    from avwap_cli.review.pictures.chart_sheets import large_picture, picture_leaf
    from avwap_cli.stages.evening.explain import run_explain
    from avwap_cli.stages.operations.chart import ChartRequest, run_chart
    from avwap_cli.stages.operations.page_assets import page_assets
    from avwap_cli.use_cases.evening import request_scan

    must_be_home(desk)
    if out is not None and out.suffix.lower() not in (*PAGES, PICTURE):
        raise UsageError(
            f"a chart is a page or a picture, and {out} is neither",
            "name a file that ends in .html or .png",
        )
    session = trade_session(desk, asked)
    request = request_scan(desk, session, profile)

    def fate(known: str) -> str:
        earnings = desk.data.earnings()
        told = run_explain(known, request, store=desk.store, bars=desk.bars, earnings=earnings)
        return told.summary.partition(": ")[2]

    def write(picture: Picture, as_of: date) -> tuple[str, bool]:
        if out is not None and out.suffix.lower() == PICTURE:
            leaf = picture_leaf(picture, as_of)
            return str(out), desk.write_picture(out, lambda ruler: large_picture(leaf, ruler))
        page = chart_page(picture, page_assets())
        if out is not None:
            return str(out), desk.write_named(out, page, mark=MARK)
        path = desk.home.outputs / "charts" / f"{picture.symbol}-{as_of}.html"
        return str(path), desk.write_file(path, page.encode(), private=True)

    wanted = ChartRequest(symbol, session)
    return run_chart(wanted, desk.store, desk.data.chart_ports(), fate, write)


def _must_tell_the_same_story(desk: Desk, session: date) -> None:
    """A page that is there is not replaced by one that knows less."""
    archive = desk.store.packed_in(session)
    if archive is not None:
        raise MissingInput(f"{session} is packed, its page too", f"see {archive}")
    there = desk.store.digest(session, REPORT_HTML) is not None
    elsewhere = desk.ledgers.others()
    if there and elsewhere and not desk.ledgers.accounts():
        mode = desk.config.broker.mode
        raise MissingInput(
            f"there is no ledger of broker.mode {mode}, but one of {', '.join(elsewhere)};"
            f" the page of {session} stays as it is",
            f"say whose day it was, e.g. --set broker.mode={elsewhere[0]}",
        )


def _reported(desk: Desk, asked: str | None) -> date:
    now = desk.clock.now()
    if asked is None:
        return playbook.turn("report", now) or sessions.last_completed(now)
    session = sessions.parse_session(asked)
    if sessions.closes_at(session) > now:
        raise UsageError(
            f"{session} is not over", f"the last completed one is {sessions.last_completed(now)}"
        )
    return session


def _with_backup(desk: Desk, outcome: Outcome) -> Outcome:
    """The report comes once a day after the close: so does the ledger's copy."""
    try:
        kept = backup(desk)
    except AvwapError as problem:
        sentence = f"the ledger was not backed up: {problem}"
        return replace(outcome, warnings=(*outcome.warnings, sentence))
    return replace(outcome, summary=f"{outcome.summary}; {kept.summary}")


def _report_ports(desk: Desk, *, dry_run: bool) -> ReportPorts:
    """What a report is made from; the broker is asked for minutes alone, and only if it must."""
    from avwap_cli.stages.operations.report_inputs import ReportPorts

    trading = TradingDesk(desk, dry_run=dry_run, looks=not dry_run)

    def ledger() -> Ledger:
        if not desk.ledgers.accounts():
            raise MissingInput("there is no ledger yet; it comes with the first order")
        return trading.ledger_at_hand()

    return ReportPorts(
        store=trading.store,
        charts=desk.data.chart_ports(),
        ledger=ledger,
        quotes=lambda: trading.quotes,
        account=_account_words(desk),
    )


def _account_words(desk: Desk) -> str:
    """Which account the reports are of, its number but for both ends left out."""
    known, mode = desk.ledgers.accounts(), desk.config.broker.mode
    if len(known) != 1:
        return ""
    where = "local exchange" if mode == "exchange" else f"{mode} account"
    return f"{where} {known[0][:2]}...{known[0][-2:]}"
