"""Write the table of facts about Alpaca, and of the tests that show them, into its page.

    python scripts/make_exchange_facts.py

The facts are in `tests/contracts/alpaca/facts.yaml`; a test names those it shows with
`@pytest.mark.fact("2.6.1", ...)`.  The table stands in `docs/exchange.md` between two marks;
a test compares it with `table`.  Run this after a change of the facts or of their tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "contracts" / "alpaca"
PAGE = ROOT / "docs" / "exchange.md"
BEGIN = "<!-- facts: made by scripts/make_exchange_facts.py, never by hand -->"
END = "<!-- end of facts -->"
THEMES = {
    "1.5": "Answers and errors",
    "1.6": "Market data",
    "1.7": "Trading requests",
    "1.8": "The order as JSON",
    "1.9": "Rate limits",
    "2.1": "Types and times in force",
    "2.2": "Stops",
    "2.3": "Auctions",
    "2.4": "Prices and quantities",
    "2.5": "Order classes",
    "2.6": "Replace",
    "2.7": "Client order ids",
    "2.8": "Shares held for orders",
    "2.9": "Opposite orders",
    "2.10": "Buying power and shorts",
    "2.11": "Day trading",
    "2.12": "Life of an order",
    "2.13": "Cancel",
    "2.14": "Table of refusals",
    "3.1": "Trade stream",
    "3.2": "Data stream",
    "3.3": "Reconnecting and stopping",
}

Tests = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One claim about Alpaca.

    Attributes:
        id: theme and number: `2.6.1`.
        fact: the claim.
        outside: why nothing here can show it; else empty.
        deviation: what the local exchange does instead, or where it had to choose; else empty.
    """

    id: str
    fact: str
    outside: str = ""
    deviation: str = ""

    @property
    def theme(self) -> str:
        return self.id.rpartition(".")[0]


def facts() -> list[Fact]:
    """All facts, in the order of their file."""
    text = (FOLDER / "facts.yaml").read_text(encoding="utf-8")
    return [Fact(**entry) for entry in yaml.safe_load(text)]


def tests() -> dict[str, list[str]]:
    """The tests that show each fact, as `file.py::test_name`, by the fact's id."""
    found: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("test_*.py")):
        for test in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(test, ast.FunctionDef):
                for number in dict.fromkeys(_numbers(test)):
                    found.setdefault(number, []).append(f"{path.name}::{test.name}")
    return found


def _numbers(test: ast.FunctionDef) -> Iterator[str]:
    """The arguments of `pytest.mark.fact(...)` anywhere in the test's decorators."""
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fact":
                yield from (str(ast.literal_eval(argument)) for argument in node.args)


def table(known: Sequence[Fact], shown: Tests) -> str:
    """The part of the page between the marks, marks included."""
    lines = [BEGIN]
    for theme, title in THEMES.items():
        mine = [fact for fact in known if fact.theme == theme]
        lines += ["", f"### {title}", "", "| | Alpaca | shown by |", "|---|---|---|"]
        lines += [_row(fact, shown.get(fact.id, ())) for fact in mine]
    return "\n".join([*lines, "", END])


def _row(fact: Fact, names: Sequence[str]) -> str:
    claim = fact.fact
    if fact.deviation:
        claim += f" *Here: {fact.deviation}.*"
    if fact.outside:
        claim += f" *Not shown: {fact.outside}.*"
    where = "<br>".join(f"`{name.partition('::')[2]}`" for name in names)
    return f"| {fact.id} | {claim} | {where} |"


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + table(facts(), tests()) + after, encoding="utf-8")


if __name__ == "__main__":
    main()
