"""The screen: one renderer for prose and JSON, plain lines when not a terminal."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.errors import AvwapError, MissingInput
from avwap_cli.terminal.screen import Screen

ROOT = Path(__file__).parents[1]
TRADE = date(2024, 3, 8)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_error_says_what_and_what_to_do_next() -> None:
    out, err = io.StringIO(), io.StringIO()
    Screen(out, err).error(MissingInput("cache.json is missing", "run `avwap refresh-cache` first"))
    assert out.getvalue() == ""
    assert err.getvalue().splitlines() == [
        "avwap: cache.json is missing",
        "       run `avwap refresh-cache` first",
    ]
    Screen(out, err, as_json=True).error(MissingInput("gone"))
    assert json.loads(out.getvalue()) == {
        "error": "gone", "hint": "", "kind": "MissingInput", "exit_code": 4,
    }  # fmt: skip


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()])
def test_text_from_outside_cannot_move_the_cursor_or_style(out: io.StringIO) -> None:
    screen = Screen(out, out)
    screen.table("Names", ["name"], [["[red]x[/red]\x1b[2J\nsecond"], ["\u202eabc"]])
    screen.line("a\x1b[31mb")
    text = out.getvalue()
    assert "\x1b[2J" not in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert "[red]x[/red]" in text


def test_a_stream_of_another_encoding_gets_what_it_can() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Screen(out, out).line("Crédit → ok")
    out.flush()
    assert raw.getvalue() == b"Cr?dit ? ok\n"


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_a_named_failure_and_no_second_one() -> None:
    with pytest.raises(AvwapError, match="No space left"):
        Screen(Full(), io.StringIO()).line("x")
    err = io.StringIO()
    Screen(Full(), err, as_json=True).error(MissingInput("gone", "look"))
    assert err.getvalue() == "avwap: gone\n       look\n"
    Screen(Full(), Full(), as_json=True).error(MissingInput("gone"))


def test_messages_of_any_length_are_cut() -> None:
    out, err = io.StringIO(), io.StringIO()
    long = "start " + "x" * 100_000 + " end"
    for as_json in (False, True):
        Screen(out, err, as_json).error(MissingInput(long, long))
    Screen(out, err).warnings([long])
    assert len(out.getvalue()) + len(err.getvalue()) < 15_000
    for text in (
        json.loads(out.getvalue()[: out.getvalue().index("}") + 1])["error"],
        err.getvalue(),
    ):
        assert "start xxx" in text
        assert "99010 characters cut" in text
        assert "xxx end" in text
