"""Every fact is shown by a test, or says why not; every test names facts that are."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that makes the table of facts."""
    path = ROOT / "scripts" / "make_exchange_facts.py"
    spec = importlib.util.spec_from_file_location("make_exchange_facts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    return module


def test_every_fact_has_a_test_or_a_reason(
    maker: ModuleType, request: pytest.FixtureRequest
) -> None:
    known, shown = maker.facts(), maker.tests()
    ids = [fact.id for fact in known]
    assert len(ids) == len(set(ids))
    assert set(shown) - set(ids) == set(), "tests name facts that are not known"
    bare = [fact.id for fact in known if fact.id not in shown and not fact.outside]
    assert bare == [], "facts without a test and without a reason"
    lines = {
        "known": len(ids),
        "shown by tests": len(shown),
        "tests that show them": len({name for names in shown.values() for name in names}),
        "beyond a local exchange": sum(bool(fact.outside) for fact in known),
        "handled otherwise:": sum(bool(fact.deviation) for fact in known),
    }
    lines |= {f"{fact.id}, {fact.deviation}": 1 for fact in known if fact.deviation}
    request.node.user_properties.append(("counted", {"Facts about Alpaca": lines}))


def test_what_is_beyond_the_exchange_is_not_handled_otherwise(maker: ModuleType) -> None:
    assert [fact.id for fact in maker.facts() if fact.outside and fact.deviation] == []


def test_every_row_of_the_table_of_refusals_is_there(maker: ModuleType) -> None:
    rows = [fact.id for fact in maker.facts() if fact.theme == "2.14"]
    assert rows[:17] == [f"2.14.{row}" for row in range(1, 18)]
    assert {row for row in rows if row in maker.tests()} == set(rows), "each by a test"


def test_every_theme_has_a_title(maker: ModuleType) -> None:
    assert list(dict.fromkeys(fact.theme for fact in maker.facts())) == list(maker.THEMES)


def test_the_page_has_the_table(maker: ModuleType) -> None:
    page = maker.PAGE.read_text(encoding="utf-8")
    assert maker.table(maker.facts(), maker.tests()) in page, (
        "run python scripts/make_exchange_facts.py"
    )
