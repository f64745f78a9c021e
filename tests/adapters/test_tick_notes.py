"""What one tick tells the next survives the file, and no damage of the file stops a tick."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from avwap_cli.adapters.tick_notes import TickNotes
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.starts import Starts

NOTE = Starts(date(2024, 3, 8), 2, datetime(2024, 3, 8, 9, 30, tzinfo=EASTERN))


def test_notes_are_read_as_they_were_written(tmp_path: Path) -> None:
    notes = TickNotes(tmp_path / "deep" / "tick.json")
    assert notes.read() == {}
    notes.write({"scan": NOTE, "monitor": NOTE})
    assert notes.read() == {"scan": NOTE, "monitor": NOTE}
    notes.write({})
    assert notes.read() == {}


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"scan": 1}', '{"scan": {"session": "x", "count": 1, "last": "y"}}', "[" * 99_999,
        '{"scan": {"session": "2024-03-08", "count": 1, "last": "2024-03-08T09:30"}}',
    ],
)  # fmt: skip
def test_damaged_notes_are_no_notes(tmp_path: Path, text: str) -> None:
    (tmp_path / "tick.json").write_text(text)
    assert TickNotes(tmp_path / "tick.json").read() == {}
