"""The demo: a whole evening over a made-up market, in a home of its own.

The market is generated from a seed and served through the same files and ports as a real
one: an iShares download, an index list, report dates, a provider of bars.  So what runs
here is the product, with the shipped configuration; only the sources are other ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import numpy as np

from avwap_cli import evening
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.synthetic import ORIGIN, prepare_home
from avwap_cli.conduct import conduct
from avwap_cli.errors import UsageError
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.stages.status import status
from avwap_cli.terminal.scan_text import show_funnel
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring import Choices, Desk

LAST_SESSION = date(2026, 11, 20)
EVENING = time(20, 15)

CONFIG = """\
# Made by `avwap demo`: only where the data come from; all else is the shipped configuration.
data:
  provider: synthetic
  synthetic_seed: {seed}
earnings:
  provider: files
  file: cache/inbox/earnings.csv
"""
LISTS = """\
# Made by `avwap demo`: the made-up market's lists, in the formats of the real downloads.
universe:
  iwv_file: cache/inbox/iwv.csv
  sp500_file: cache/inbox/sp500.csv
"""


def run_demo(around: Home, seed: int, choices: Choices, screen: Screen) -> int:
    """The evening of the demo's last session: lists, bars, scan, status.

    Args:
        around: the home in whose outputs the demo's own home is made.
        seed: of the market.
        choices: how to print; the demo sets home and time itself.
        screen: where to print.

    Raises:
        UsageError: the demo's home holds another seed's market.
    """
    home = Home(around.outputs / "demo")
    _settle(home, seed)
    now = datetime.combine(LAST_SESSION, EVENING, sessions.EASTERN)
    desk = Desk(replace(choices, home=home.root, now=now.isoformat()), {})
    screen.line(f"avwap demo: the evening of {LAST_SESSION} in a made-up market, seed {seed}")
    desk.progress.say("making the market")
    days = np.array(sessions.sessions_between(ORIGIN, LAST_SESSION), dtype="datetime64[D]")
    prepare_home(home.root, seed, LAST_SESSION, days)
    session = sessions.next_session(LAST_SESSION)
    for stage, work in _stages(desk, session).items():
        outcome = conduct(desk, stage, session, work)
        if not screen.as_json:
            screen.outcome(outcome)
        if stage == "scan":
            show_funnel(screen, outcome.body)
    page = status(desk.store, desk.runs, desk.clock, desk.running_since)
    screen.line()
    screen.outcome(page)
    for line in _next_steps(home, page):
        screen.line(line)
    return page.exit_code


def _stages(desk: Desk, session: date) -> dict[str, Callable[[], Outcome]]:
    """The evening's stages in their order, ready to run."""
    return {
        "universe": lambda: evening.universe(desk, session),
        "refresh-cache": lambda: evening.refresh(desk, session, force=False),
        "scan": lambda: evening.scan(desk, evening.request_scan(desk, session, "daily")),
    }


def _settle(home: Home, seed: int) -> None:
    """Write the home's two files; another seed starts over, for its market is another."""
    config, lists = home.config / "default.yaml", home.config / "universe.yaml"
    text = CONFIG.format(seed=seed)
    if config.is_file() and config.read_text(encoding="utf-8") != text:
        _clear(home)
    write_if_changed(config, text.encode())
    write_if_changed(lists, LISTS.encode())


def _clear(home: Home) -> None:
    """Remove what an earlier demo made, and only if it is a demo's home."""
    import shutil

    made_here = (home.config / "default.yaml").read_text(encoding="utf-8")
    if not made_here.startswith("# Made by `avwap demo`"):
        raise UsageError(f"{home.root} is not a demo's home", "move it away")
    for folder in (home.cache, home.outputs):
        shutil.rmtree(folder, ignore_errors=True)


def _next_steps(home: Home, page: Outcome) -> list[str]:
    """What to try next."""
    root = _short(home.root)
    rows = page.body["candidates"]
    symbol = rows[0]["symbol"] if rows else "SPY"
    return [
        "",
        f"Everything is in {root}; look at it with:",
        f"  avwap explain {symbol} --home {root} --session {page.trade_session}"
        f" --now {page.as_of}T{EVENING:%H:%M}",
        f"  avwap status --home {root} --now {page.as_of}T{EVENING:%H:%M}",
    ]


def _short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
