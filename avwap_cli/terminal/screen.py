"""The screen: where a command prints lines, tables, warnings, and documents as JSON.

On a terminal tables are drawn by rich; elsewhere (cron's mail, a pipe) they are plain
aligned lines, never cut.  Text that came from outside is stripped of control
characters, so that no company name can move the cursor.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO

from avwap_cli.errors import AvwapError, shortened
from avwap_cli.terminal.day_bars import bar_style
from avwap_cli.terminal.streams import put

CANDIDATES = ("rank", "symbol", "strategy", "direction", "entry", "stop", "r1", "score")
UNHEALTHY = ("failed", "overdue", "missing")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command prints.

    Attributes:
        out: results.
        err: failures and warnings.
        as_json: results and failures as one JSON document on `out`.
        quiet: nothing but warnings and failures.
    """

    out: TextIO
    err: TextIO
    as_json: bool = False
    quiet: bool = False

    def __post_init__(self) -> None:
        for stream in (self.out, self.err):
            if isinstance(stream, io.TextIOWrapper):
                with suppress(io.UnsupportedOperation):
                    stream.reconfigure(errors="replace")

    def error(self, error: AvwapError) -> None:
        """A failure: what is wrong, and what to do next, as far as there is where to say it."""
        message, hint = shortened(error.message), shortened(error.hint)
        if self.as_json:
            kind = type(error).__name__
            body = {"error": message, "hint": hint, "kind": kind, "exit_code": error.exit_code}
            with suppress(AvwapError):
                self.document(body)
        with suppress(AvwapError):
            self._write(self.err, f"avwap: {message}")
            if hint:
                self._write(self.err, f"       {hint}")

    def document(self, body: Mapping[str, Any]) -> None:
        """One JSON document."""
        text = json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False, default=str)
        put(self.out, text + "\n")

    def line(self, text: str = "") -> None:
        """One line of a result; none where the result is a JSON document."""
        if not self.quiet and not self.as_json:
            self._write(self.out, text)

    def warnings(self, sentences: Sequence[str]) -> None:
        """Sentences a person should read, also when quiet."""
        for sentence in sentences:
            self._write(self.err, f"warning: {shortened(sentence)}")

    def candidates(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The candidates in rank order."""
        cells = [[_figure(name, row.get(name)) for name in CANDIDATES] for row in rows]
        self.table("Candidates", CANDIDATES, cells, right=("rank", "entry", "stop", "r1", "score"))

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        right: Sequence[str] = (),
    ) -> None:
        """A table of text cells; the columns named in `right` are set to the right."""
        if self.quiet or self.as_json:
            return
        clean = [[_clean(cell) for cell in row] for row in rows]
        if self.out.isatty():
            self._drawn(title, columns, clean, right)
        else:
            self._aligned(title, columns, clean, right)

    def _write(self, stream: TextIO, text: str) -> None:
        put(stream, _clean(text) + "\n")

    def _drawn(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        right: Sequence[str],
    ) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for name in columns:
            table.add_column(name, justify="right" if name in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
        Console(file=self.out, highlight=False).print(table)

    def _aligned(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        right: Sequence[str],
    ) -> None:
        self.line(title)
        every = [list(columns), *rows]
        widths = [max(len(row[i]) for row in every) for i in range(len(columns))]
        for row in every:
            cells = [
                cell.rjust(width) if name in right else cell.ljust(width)
                for cell, width, name in zip(row, widths, columns, strict=True)
            ]
            self.line("  " + "  ".join(cells).rstrip())


def value_text(value: object) -> str:
    """A setting as one would write it in YAML; a long list of numbers by its length."""
    if isinstance(value, list | tuple) and len(value) > 8 and isinstance(value[0], float):
        return f"{len(value)} values"
    plain = list(value) if isinstance(value, tuple) else value
    return plain if isinstance(plain, str) else json.dumps(plain, default=str)


def _figure(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, int | float) and name in ("entry", "stop", "r1"):
        return f"{value:,.2f}"
    if isinstance(value, float) and name == "score":
        return f"{value:.3f}"
    return str(value)


def _clean(text: str) -> str:
    """The text without control characters; a line break becomes a blank."""
    return "".join(c if c.isprintable() else " " for c in str(text))


def _style(cell: str) -> str:
    if cell in UNHEALTHY:
        return "bold red"
    return "green" if cell == "done" else bar_style(cell)
