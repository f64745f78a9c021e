"""The demo: an evening and the trading day after it, in a made-up market and a home of its own.

The market is generated from a seed and served through the same files and ports as a real
one: an iShares download, an index list, report dates, a provider of bars; a broker and its
prices by the local exchange.  So what runs here is the product, with the shipped configuration
but for what its home's `config/` says; only the sources are other ones.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from avwap_cli import playbook
from avwap_cli.defaults import demo_texts
from avwap_cli.errors import LedgerDiffers, UsageError
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.playbook import GAPFILTER_JSON, REPORT_HTML
from avwap_cli.rehearsal import demo_day
from avwap_cli.rehearsal.demo_story import BothSides, Line, both_sides, story
from avwap_cli.rehearsal.made_up_days import EVENING, LAST_SESSION
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import outcome_document, show_summary
from avwap_cli.terminal.scan_text import show_scan_funnel
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.status_text import show_status
from avwap_cli.trading.books import fold
from avwap_cli.use_cases import evening, status
from avwap_cli.use_cases.host import program_path
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.trading_desk import TradingDesk

AFTER_REPORT = timedelta(minutes=5)

STAGES: Mapping[str, Callable[[Desk, date], Outcome]] = {
    "universe": evening.universe,
    "refresh-cache": evening.refresh,
    "scan": evening.scan,
}
MADE_HERE = "# Made by `avwap demo`"


@dataclass(frozen=True, slots=True)
class DayStory:
    """The day as it is told: its events, and both sides' orders."""

    lines: tuple[Line, ...]
    sides: BothSides


def run_demo(around: Home, seed: int, choices: Choices, screen: Screen) -> int:
    """The evening of the demo's last session, then the session it was for; the exit code.

    A day that was played to its end is not played again: its story is shown from its files.

    Args:
        around: the home in whose outputs the demo's own home is made.
        seed: of the market.
        choices: how to print; the demo sets home and time itself.
        screen: where to print.

    Raises:
        UsageError: the demo's home holds something else.
    """
    desk = run_evening(around, seed, choices, screen)
    home, session = desk.home, sessions.next_session(LAST_SESSION)
    screen.line()
    if demo_day.is_over(home, session):
        screen.line(f"the trading day {session} was played before (unchanged)")
    else:
        screen.line(f"the trading day {session}, at a local exchange, in virtual time")
        screen.warnings(demo_day.play(home, seed, session, choices, desk.progress))
    now = playbook.windows("report", session)[0] + AFTER_REPORT
    day = Desk(replace(desk.choices, now=now.isoformat()), {})
    page = status.status_page(day, session)
    tale = _day_story(day, session)
    _show(screen, page, tale, next_steps(home, session, page, now))
    return LedgerDiffers.exit_code if tale.sides.differences else page.exit_code


def run_evening(around: Home, seed: int, choices: Choices, screen: Screen) -> Desk:
    """Lists, bars and scan of the demo's last session; the desk of that evening.

    Raises:
        UsageError: the demo's home holds something else.
    """
    home = Home(around.outputs / "demo")
    _settle(Desk(replace(choices, home=around.root), {}), home, seed)
    now = datetime.combine(LAST_SESSION, EVENING, sessions.EASTERN)
    desk = Desk(replace(choices, home=home.root, now=now.isoformat()), {})
    screen.line(f"avwap demo: the evening of {LAST_SESSION} in a made-up market, seed {seed}")
    desk.progress.say("making the market")
    desk.data.prepare_inbox(seed, LAST_SESSION)
    session = sessions.next_session(LAST_SESSION)
    for stage, work in STAGES.items():
        outcome = work(desk, session)
        if not screen.as_json:
            prose = show_scan_funnel if stage == "scan" else show_summary
            prose(screen, outcome)
    return desk


def _day_story(desk: Desk, session: date) -> DayStory:
    """The day as ledger, documents and the exchange's books tell it."""
    facts = TradingDesk(desk, looks=True).ledger_at_hand().facts()
    ended = [r.ended for r in desk.runs.read(session)[0] if r.stage == "gapfilter" and r.ended]
    at = min(ended, default=playbook.windows("gapfilter", session)[0])
    lines = story(facts, session, desk.store.read_json(session, GAPFILTER_JSON), at)
    return DayStory(lines, both_sides(fold(facts), demo_day.books_of(desk.home)))


def _show(screen: Screen, page: Outcome, tale: DayStory, next_steps: Sequence[str]) -> None:
    """Status, story, both sides' orders, next steps; or all of it as one document."""
    if screen.as_json:
        sides = tale.sides
        day = {
            "story": [line.row() for line in tale.lines],
            "orders_at_broker": sides.orders_at_broker,
            "orders_in_ledger": sides.orders_in_ledger,
            "positions_at_broker": sides.positions_at_broker,
            "positions_in_ledger": sides.positions_in_ledger,
            "differences": list(sides.differences),
        }
        screen.document({**outcome_document(page), "day": day})
        return
    screen.line()
    show_status(screen, page)
    screen.line()
    cells = [[line.time, line.symbol, line.text] for line in tale.lines]
    screen.table("The day's story", ("ET", "symbol", "what happened"), cells)
    screen.line()
    screen.line(tale.sides.text)
    screen.warnings(tale.sides.differences)
    for line in next_steps:
        screen.line(line)


def _settle(around: Desk, home: Home, seed: int) -> None:
    """Write the home's configuration; with another one, or another seed, all starts over."""
    files = {home.config / name: text for name, text in demo_texts(seed).items()}
    there = {path: path.read_text(encoding="utf-8") for path in files if path.is_file()}
    if there and there != files:
        _clear(home, there.values())
    for path, text in files.items():
        around.write_file(path, text.encode(), private=True)


def _clear(home: Home, files: Iterable[str]) -> None:
    """Remove what an earlier demo made, and only if it is a demo's home."""
    if not all(text.startswith(MADE_HERE) for text in files):
        raise UsageError(f"{home.root} is not a demo's home", "move it away")
    for folder in (home.cache, home.outputs):
        shutil.rmtree(folder, ignore_errors=True)


def next_steps(home: Home, session: date, page: Outcome, now: datetime) -> list[str]:
    """What to try next."""
    root, avwap = _short(home.root), _program()
    rows = page.body["candidates"]
    symbol = rows[0]["symbol"] if rows else "SPY"
    return [
        "",
        f"Everything is in {root}; look at it with:",
        f"  {avwap} explain {symbol} --home {root} --session {session}"
        f" --now {page.as_of}T{EVENING:%H:%M}",
        f"  {avwap} status --home {root} --now {now:%Y-%m-%dT%H:%M}",
        f"  {avwap} chart SPY --home {root} --session {session} --now {now:%Y-%m-%dT%H:%M}",
        f"  {avwap} replay {session} --home {root}",
        "",
        "The day on one page, every candidate a chart; open it in a browser:",
        f"  {_short(home.session(session) / REPORT_HTML)}",
    ]


def _program() -> str:
    """What one types to call this program here: its name, or its path where no PATH leads to it."""
    return "avwap" if shutil.which("avwap") else shlex.quote(_short(program_path()))


def _short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
