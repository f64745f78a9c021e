"""Progress: a bar with its ETA on a terminal, plain lines under cron, or nothing.

All three are one port; `progress_on` chooses by the stream.  Plain lines are sparse
(a start, at most one line per half minute, an end), so that cron's mail stays short.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from avwap_cli.ports import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_EVERY_S = 30.0


def progress_on(stream: TextIO, quiet: bool) -> Progress:
    """A bar when the stream is a terminal, plain lines when not, nothing when quiet."""
    if quiet:
        return SilentProgress()
    if stream.isatty():
        return BarProgress(stream)
    return LineProgress(stream)


class SilentProgress:
    """Says nothing."""

    def begin(self, label: str, total: int | None) -> None:
        """Nothing to show."""

    def advance(self, done: int, note: str = "") -> None:
        """Nothing to show."""

    def end(self, note: str = "") -> None:
        """Nothing to show."""

    def say(self, text: str) -> None:
        """Nothing to show."""


@dataclass(slots=True)
class LineProgress:
    """Plain lines: `label`, now and then `label: done of total, about n s left`, `label: note`."""

    stream: TextIO
    monotonic: Callable[[], float] = time.monotonic
    _label: str = ""
    _total: int | None = None
    _began: float = 0.0
    _said: float = 0.0

    def begin(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        self._began = self._said = self.monotonic()
        self.say(label if total is None else f"{label}: {total}")

    def advance(self, done: int, note: str = "") -> None:
        now = self.monotonic()
        if now - self._said < LINE_EVERY_S:
            return
        self._said = now
        parts = [f"{done}" if self._total is None else f"{done} of {self._total}"]
        if self._total and done:
            left = (now - self._began) * (self._total - done) / done
            parts.append(f"about {left:.0f} s left")
        self.say(f"{self._label}: {', '.join([*parts, *([note] if note else [])])}")

    def end(self, note: str = "") -> None:
        took = f"{self.monotonic() - self._began:.1f} s"
        self.say(f"{self._label}: {note}, {took}" if note else f"{self._label}: done, {took}")

    def say(self, text: str) -> None:
        self.stream.write(text + "\n")
        self.stream.flush()


@dataclass(slots=True)
class BarProgress:
    """A bar of rich that is gone when the work is done; notes stay as lines."""

    stream: TextIO
    _label: str = ""
    _bar: Bar | None = None
    _task: TaskID | None = field(default=None)

    def begin(self, label: str, total: int | None) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._stop()
        self._label = label
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(file=self.stream),
            transient=True,
        )
        self._bar.start()
        atexit.register(self._stop)  # a failure must not leave the terminal without its cursor
        self._task = self._bar.add_task(escape(label), total=total, note="")

    def advance(self, done: int, note: str = "") -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, note=note)

    def end(self, note: str = "") -> None:
        self._stop()
        if note:
            self.say(f"{self._label}: {note}")

    def say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            self.stream.write(text + "\n")
            self.stream.flush()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            atexit.unregister(self._stop)
        self._bar = self._task = None
