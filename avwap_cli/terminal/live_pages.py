"""Live pages: one page again and again, until somebody stops it.

On a terminal it is drawn in place; in a pipe each page follows the last, with a line between
them, and as JSON there is one document a line.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import Prose, outcome_document
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.streams import put

if TYPE_CHECKING:
    from rich.containers import Lines
    from rich.text import Text

BETWEEN = "-" * 72
Look = Callable[[], Outcome]
Sleep = Callable[[float], None]


class _Drawn(io.StringIO):
    """What a terminal would be sent."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Watching:
    """How a page is watched.

    Attributes:
        every_s: seconds between two looks.
        sleep: waits.
        looks: how often; None = until stopped.
    """

    every_s: float
    sleep: Sleep = time.sleep
    looks: int | None = None


def watch(screen: Screen, look: Look, prose: Prose, how: Watching) -> int:
    """Show what `look` returns, in `prose` or as JSON, until Ctrl-C, or until SIGTERM ends it; both are no failure.

    Returns:
        The exit code: 0.
    """
    on_terminal = screen.out.isatty() and not screen.as_json
    try:
        if on_terminal:
            _drawn(screen, look, prose, how)
        else:
            _lines(screen, look, prose, how)
    except KeyboardInterrupt:
        pass
    return 0


def _lines(screen: Screen, look: Look, prose: Prose, how: Watching) -> None:
    count = 0
    while how.looks is None or count < how.looks:
        if count:
            how.sleep(how.every_s)
        outcome = look()
        if screen.as_json:
            text = json.dumps(outcome_document(outcome), ensure_ascii=False, default=str)
            put(screen.out, text + "\n", and_flush=True)
        else:
            if count:
                screen.line(BETWEEN)
            prose(screen, outcome)
            put(screen.out, "", and_flush=True)
        count += 1


def _drawn(screen: Screen, look: Look, prose: Prose, how: Watching) -> None:
    """In place; the last page stays when it ends."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    text, count = "", 0
    console = Console(file=screen.out, highlight=False)
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while how.looks is None or count < how.looks:
                if count:
                    how.sleep(how.every_s)
                text = _page(screen, look(), prose)
                lines = Text.from_ansi(text.rstrip("\n")).wrap(console, console.width)
                live.update(_fitting(lines, console.height), refresh=True)
                count += 1
    finally:
        put(screen.out, text, and_flush=True)


def _fitting(lines: Lines, height: int) -> Text:
    """The lines from the top that a terminal has room for, and how many there are below."""
    from rich.text import Text

    shown = list(lines)
    if len(shown) > height:
        kept = max(height - 1, 1)
        left = len(shown) - kept
        shown = [*shown[:kept], Text(f"... {left} more {'line' if left == 1 else 'lines'}")]
    return Text("\n").join(shown)


def _page(screen: Screen, outcome: Outcome, prose: Prose) -> str:
    """The page as a terminal would be sent it, its warnings below."""
    paper = _Drawn()
    prose(replace(screen, out=paper, err=paper), outcome)
    return paper.getvalue()
