"""Logs: JSON lines in a file per day, kept for a while, without secrets."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.adapters.logs import delete_old, logging_to

TODAY = date(2024, 3, 7)
SECRET = 'p"ss\\wörd/42'


def test_events_are_json_lines_with_their_figures(tmp_path: Path) -> None:
    err = io.StringIO()
    with logging_to(tmp_path / "logs", TODAY, 30, "info", 0, stderr=err) as log:
        log.info("fetched %d symbols", 3, extra={"data": {"symbols": 3, "on": TODAY}})
        log.debug("not kept")
        log.warning("slow\nvendor")
    lines = (tmp_path / "logs" / "avwap-2024-03-07.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert [(e["level"], e["message"]) for e in events] == [
        ("info", "fetched 3 symbols"),
        ("warning", "slow\nvendor"),
    ]
    assert events[0]["data"] == {"symbols": 3, "on": "2024-03-07"}
    assert err.getvalue() == "warning: slow\nvendor\n"


@pytest.mark.parametrize(
    ("verbosity", "seen"),
    [(-1, ["e"]), (0, ["w", "e"]), (1, ["i", "w", "e"]), (2, ["d", "i", "w", "e"])],
)
def test_verbosity_chooses_what_a_person_sees(verbosity: int, seen: list[str]) -> None:
    err = io.StringIO()
    with logging_to(None, TODAY, 30, "info", verbosity, stderr=err) as log:
        log.debug("d")
        log.info("i")
        log.warning("w")
        log.error("e")
    assert [line.rpartition(" ")[2] for line in err.getvalue().splitlines()] == seen


def test_secrets_are_masked_in_messages_figures_and_tracebacks(tmp_path: Path) -> None:
    err = io.StringIO()
    with logging_to(tmp_path, TODAY, 30, "debug", 2, ["", "ab", SECRET], err) as log:
        log.info("key %s about", SECRET, extra={"data": {"key": SECRET}})
        try:
            raise ValueError(SECRET)
        except ValueError:
            log.exception("failed")
    text = (tmp_path / "avwap-2024-03-07.jsonl").read_text(encoding="utf-8")
    for seen in (text, err.getvalue()):
        assert "wörd" not in seen
        assert "w\\u00f6rd" not in seen
        assert "****" in seen
        assert "about" in seen
    assert "ValueError" in json.loads(text.splitlines()[1])["traceback"]


def test_old_days_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    names = {
        "avwap-2024-02-05.jsonl": False,  # 31 days
        "avwap-2024-02-06.jsonl": True,  # 30 days
        "avwap-2023-01-01.jsonl": False,
        "avwap-2024-02-31.jsonl": True,  # no date
        "avwap-2023-01-01.jsonl.txt": True,
        "notes-2023-01-01.jsonl": True,
    }
    for name in names:
        (tmp_path / name).write_text("x")
    assert delete_old(tmp_path, TODAY, 30) == ["avwap-2023-01-01.jsonl", "avwap-2024-02-05.jsonl"]
    assert {p.name for p in tmp_path.iterdir()} == {n for n, kept in names.items() if kept}


def test_a_folder_that_cannot_be_made_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    err = io.StringIO()
    with logging_to(tmp_path / "logs", TODAY, 30, "info", 0, stderr=err) as log:
        log.error("still heard")
    assert "no log is kept" in err.getvalue()
    assert "still heard" in err.getvalue()


def test_handlers_are_gone_after_the_block(tmp_path: Path) -> None:
    with logging_to(tmp_path, TODAY, 30, "info") as log:
        pass
    assert log.handlers == []


def test_a_message_of_any_length_is_cut_and_no_half_secret_left(tmp_path: Path) -> None:
    err = io.StringIO()
    secret = "canary-secret-value"
    with logging_to(tmp_path, date(2024, 3, 7), 30, "debug", 2, [secret], err) as log:
        log.warning("%s", "x" * 790 + secret + "y" * 100_000)
    line = json.loads(next(tmp_path.glob("*.jsonl")).read_text())
    assert len(line["message"]) < 1100
    assert "canary" not in line["message"] + err.getvalue()
    assert len(err.getvalue()) < 1200
