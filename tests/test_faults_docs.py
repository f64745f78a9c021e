"""docs/faults.md names every check of doctor, and no other."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from doc_pages import PAGES, first_cells, section

from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.operations import host_checkups
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.doctor_questions import questions

PAGE = PAGES["docs/faults.md"]
WITHIN_BARS = {"coverage"}  # asked together with the bars


def test_every_check_is_in_the_table(tmp_path: Path) -> None:
    asked = questions(Desk(Choices(tmp_path), {}), Path("/avwap"), datetime.now(EASTERN))
    assert first_cells(section(PAGE, "The checks")) == {q.name for q in asked} | WITHIN_BARS


def test_questions_wait_for_questions_before_them(tmp_path: Path) -> None:
    asked = questions(Desk(Choices(tmp_path), {}), Path("/avwap"), datetime.now(EASTERN))
    names = [question.name for question in asked]
    for at, question in enumerate(asked):
        assert set(question.needs) <= set(names[:at]), question.name


def test_the_limits_of_the_disk_are_told() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `disk`"))
    assert f"warns below {host_checkups.LITTLE_ROOM / host_checkups.GIB:g} GiB" in row
    assert f"fails below {host_checkups.LEAST_ROOM / host_checkups.GIB:g} GiB" in row
