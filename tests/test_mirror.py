"""Every module of the inner rooms has a test that imports it, or is held by another's tests.

Imports are read, nothing is run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "avwap_cli"
ROOMS = ("market", "signals", "trading", "review", "stages", "adapters", "use_cases")
IMPORT = re.compile(rf"^ *((?:from|import) {PACKAGE}\b(?:[^(\n]*\([^)]*\)|[^\n]*))", re.M)

# A part -> the module whose tests hold it, for it is made of such parts alone; or, of what only
# commands reach, the tests that type them.
HELD_BY: Mapping[str, str] = {
    "adapters.alpaca_splits": "adapters.bar_sources.alpaca_data",
    "adapters.artifact_bytes": "adapters.artifact_files",
    "adapters.artifact_checks": "adapters.artifact_files",
    "adapters.bar_sources.alpaca_requests": "adapters.bar_sources.alpaca_data",
    "adapters.bar_sources.bar_file_tables": "adapters.bar_sources.bar_files",
    "adapters.bar_store.bar_incoming": "adapters.bar_store.bar_cache",
    "adapters.bar_store.bar_manifest": "adapters.bar_store.bar_cache",
    "adapters.bar_store.bar_parquet": "adapters.bar_store.bar_cache",
    "adapters.broker.broker_requests": "adapters.broker.alpaca_broker",
    "adapters.broker.quote_rows": "adapters.broker.alpaca_quotes",
    "adapters.earnings.report_days": "adapters.earnings.earnings_files",
    "adapters.earnings.yahoo_reports": "adapters.earnings.yfinance_earnings",
    "adapters.ledger.repetitions": "adapters.ledger.sqlite_ledger",
    "adapters.lists.list_text": "adapters.lists.ishares_holdings",
    "adapters.session_folders": "adapters.session_archives",
    "adapters.synthetic.companies": "adapters.synthetic",
    "adapters.synthetic.feed": "adapters.synthetic",
    "adapters.synthetic.holdings_rows": "adapters.synthetic",
    "adapters.synthetic.inbox": "adapters.synthetic",
    "adapters.synthetic.lists": "adapters.synthetic",
    "adapters.synthetic.market": "adapters.synthetic",
    "adapters.synthetic.names": "adapters.synthetic",
    "adapters.synthetic.paths": "adapters.synthetic",
    "adapters.synthetic.report_dates": "adapters.synthetic",
    "adapters.synthetic.returns": "adapters.synthetic",
    "adapters.synthetic.streams": "adapters.synthetic",
    "adapters.synthetic.tapes": "adapters.synthetic",
    "market.xnys_table": "market.sessions",
    "review.candidate_subjects": "stages.operations.chart",
    "review.emptiness": "review.findings",
    "review.pages.equity_curves": "review.pages.report_page",
    "review.figures": "review.trading_documents",
    "review.pages.funnels": "review.pages.report_page",
    "review.pictures.plot_lines": "review.pictures.chart_plots",
    "review.pages.regime_strips": "review.pages.report_page",
    "signals.features": "signals.scans",
    "signals.finds": "signals.scans",
    "signals.funnel": "signals.scans",
    "signals.gates": "signals.scans",
    "signals.grounds": "signals.scans",
    "signals.sides": "signals.scans",
    "signals.strategies.adx_pullback": "signals.strategies",
    "signals.strategies.avwap": "signals.strategies",
    "signals.strategies.bb_squeeze": "signals.strategies",
    "signals.strategies.declarations": "signals.strategies",
    "signals.strategies.overbought_short": "signals.strategies",
    "signals.strategies.regime_momentum": "signals.strategies",
    "signals.strategies.rsi_mean_reversion": "signals.strategies",
    "stages.operations.alert_trials": "tests/commands/test_alerts_delivery.py",
    "stages.evening.bar_downloads": "stages.evening.refresh_cache",
    "stages.evening.bar_merges": "stages.evening.refresh_cache",
    "stages.evening.bar_stores": "stages.evening.refresh_cache",
    "stages.evening.calibrate": "tests/commands/test_evening_by_commands.py",
    "stages.operations.candidate_sheets": "tests/commands/test_pictures_by_commands.py",
    "stages.operations.doctor_data": "wiring.doctor_questions",
    "stages.operations.doctor_trading": "wiring.doctor_questions",
    "stages.day.entry_market": "stages.day.enter",
    "stages.evening.explain": "tests/commands/test_evening_by_commands.py",
    "stages.evening.refresh_plans": "stages.evening.refresh_cache",
    "stages.operations.session_documents": "stages.operations.chart",
    "stages.day.watching": "stages.day.monitor",
    "stages.operations.week_inputs": "stages.operations.report",
    "trading.account_gates": "trading.entry_gates",
    "trading.day_limits": "stages.day.day_halts",
    "trading.exposures": "trading.entry_gates",
    "trading.hearings": "stages.day.order_book",
    "trading.market_gates": "trading.entry_gates",
    "trading.recovered_facts": "stages.day.ledger_care",
    "trading.safety_checks": "stages.day.passes",
    "trading.steps": "stages.day.passes",
    "trading.symbol_gates": "trading.entry_gates",
    "use_cases.bars": "tests/commands/test_evening_by_commands.py",
    "use_cases.host": "tests/commands/test_desk_by_commands.py",
    "use_cases.reporting": "tests/commands/test_pages_by_commands.py",
    "use_cases.trading_day": "tests/commands/test_day_by_commands.py",
}


def imports(text: str) -> Iterator[str]:
    """The modules of the package that a file imports, and what it takes from them, dotted."""
    for statement in IMPORT.findall(text):
        (node,) = ast.parse(statement).body
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def without_package(names: Iterable[str]) -> set[str]:
    return {name.removeprefix(f"{PACKAGE}.") for name in names}


@cache
def modules() -> Mapping[str, Path]:
    """Every module and package, dotted without the package's own name."""
    found = {}
    for path in (ROOT / PACKAGE).rglob("*.py"):
        parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path
    return found


def inner() -> set[str]:
    """The modules of the rooms; packages are no modules."""
    rooms = {name: path for name, path in modules().items() if name.split(".")[0] in ROOMS}
    return {name for name, path in rooms.items() if path.name != "__init__.py"}


@cache
def with_tests() -> frozenset[str]:
    """What a test file imports."""
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return frozenset(name for text in texts for name in without_package(imports(text)))


@cache
def used_by(module: str) -> frozenset[str]:
    """What a module imports; a package also the files of its own folder."""
    path = modules()[module]
    found = without_package(imports(path.read_text("utf-8")))
    if path.name == "__init__.py":
        found |= {name for name in modules() if name.startswith(f"{module}.")}
    return frozenset(found & modules().keys())


def reached(module: str) -> set[str]:
    """All that it is made of."""
    found: set[str] = set()
    todo = [module]
    while todo:
        fresh = used_by(todo.pop()) - found
        found |= fresh
        todo += fresh
    return found


def test_every_module_is_imported_by_a_test_or_is_named_above() -> None:
    assert sorted(inner() - with_tests() - HELD_BY.keys()) == []


def test_no_name_above_is_gone_or_has_its_own_test() -> None:
    assert sorted(HELD_BY.keys() - inner()) == []
    assert sorted(HELD_BY.keys() & with_tests()) == []


@pytest.mark.parametrize("holder", sorted(set(HELD_BY.values())))
def test_who_holds_others_is_tested_and_made_of_them(holder: str) -> None:
    held = {part for part, by in HELD_BY.items() if by == holder}
    if holder.endswith(".py"):
        assert (ROOT / holder).is_file()
    else:
        assert holder in with_tests()
        assert sorted(held - reached(holder)) == []


def test_imports_are_read_in_all_their_forms() -> None:
    text = (
        "from avwap_cli.market import sessions, bars as b\nimport avwap_cli.home\n"
        "def f():\n    from avwap_cli.review.runs import (\n        RunRecord,\n    )\n"
        "import os\n# from avwap_cli.no import thing\n"
    )
    assert without_package(imports(text)) == {
        "market", "market.sessions", "market.bars", "home", "review.runs", "review.runs.RunRecord",
    }  # fmt: skip
