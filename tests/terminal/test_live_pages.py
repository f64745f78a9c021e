"""A page that is watched: in place on a terminal, line after line elsewhere."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import date

import pytest

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.live_pages import BETWEEN, Watching, watch
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen

DAY = date(2024, 3, 8)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class LongDay:
    """A page of 40 lines."""

    def __call__(self) -> Outcome:
        said = [f"sentence {n}" for n in range(1, 40)]
        return Outcome("agenda", DAY, State.DONE, "the top", warnings=tuple(said))


@dataclass
class Day:
    """A page that changes with each look."""

    looks: int = 0
    slept: list[float] = field(default_factory=list)
    stops_after: int = 100

    def __call__(self) -> Outcome:
        self.looks += 1
        return Outcome("agenda", DAY, State.DONE, f"look {self.looks}", warnings=("mind",))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) >= self.stops_after:
            raise KeyboardInterrupt

    def how(self, looks: int | None = 3) -> Watching:
        return Watching(7.5, self.sleep, looks)


def test_pages_in_a_pipe_have_a_line_between_them() -> None:
    out, day = io.StringIO(), Day()
    assert watch(Screen(out, io.StringIO()), day, show_summary, day.how()) == 0
    assert out.getvalue().splitlines() == [
        "agenda 2024-03-08: look 1", BETWEEN,
        "agenda 2024-03-08: look 2", BETWEEN,
        "agenda 2024-03-08: look 3",
    ]  # fmt: skip
    assert day.slept == [7.5, 7.5]


def test_json_is_one_document_a_line() -> None:
    out, day = io.StringIO(), Day()
    watch(Screen(out, io.StringIO(), as_json=True), day, show_summary, day.how(2))
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [each["summary"] for each in said] == ["look 1", "look 2"]


def test_ctrl_c_ends_it_without_a_failure() -> None:
    for stream in (io.StringIO(), Terminal()):
        day = Day(stops_after=2)
        assert watch(Screen(stream, io.StringIO()), day, show_summary, day.how(None)) == 0
        assert day.looks == 2


def test_a_terminal_keeps_the_last_page_with_its_warnings() -> None:
    out, err, day = Terminal(), io.StringIO(), Day()
    watch(Screen(out, err), day, show_summary, day.how())
    assert err.getvalue() == ""
    left = out.getvalue().rpartition("\x1b[?1049l")[2]
    assert "look 3" in left
    assert "warning: mind" in left
    assert "look 1" not in left


def test_a_page_longer_than_the_terminal_keeps_its_top_and_says_what_is_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINES", "15")
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    watch(Screen(out, io.StringIO()), LongDay(), show_summary, Watching(1, looks=1))
    drawn, _, left = out.getvalue().rpartition("\x1b[?1049l")
    assert "agenda 2024-03-08: the top" in drawn
    assert "sentence 13 " in drawn
    assert "sentence 14" not in drawn
    assert "... 26 more lines" in drawn
    assert "sentence 39" in left, "the last page stays whole"
