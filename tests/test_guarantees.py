"""The page of guarantees names tests that exist, for each statement and each failure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
STATEMENTS = 14
FAILURES = 13


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"no heading {heading!r}"
    return found[1]


def rows(heading: str) -> list[list[str]]:
    """The cells of each row of the section's table."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(("file", "name"), sorted(set(TEST.findall(PAGE))))
def test_every_named_test_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.M), f"{file} has no {name}"


def test_whatever_looks_like_a_test_is_read_as_one() -> None:
    assert len(TEST.findall(PAGE)) == PAGE.count("::")


def test_each_statement_names_its_tests() -> None:
    parts = re.split(r"^### ", section("The fourteen statements"), flags=re.M)[1:]
    numbers = [int(part.split(".", 1)[0]) for part in parts]
    assert numbers == list(range(1, STATEMENTS + 1))
    assert [part.splitlines()[0] for part in parts if not TEST.search(part)] == []


def test_each_failure_names_its_tests() -> None:
    found = rows("The table of failures")
    assert len(found) == FAILURES
    assert [row[0] for row in found if not TEST.search(row[2])] == []


def test_each_assumption_has_its_check() -> None:
    found = rows("What is assumed about Alpaca")
    assert len(found) > 10
    assert [row for row in found if len(row) != 2 or not all(row)] == []
