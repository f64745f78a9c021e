"""A ledger in memory for tests: the same promises, by plain search."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, replace
from typing import Any

from avwap_cli.errors import LedgerDiffers
from avwap_cli.trading.facts import (
    Acceptance,
    Act,
    Answer,
    Closure,
    Decision,
    Denied,
    EquityClose,
    Fact,
    Facts,
    HaltChange,
    Mark,
    Notice,
    Report,
    RunStarted,
    SplitTaken,
)
from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import Fill, Transfer

LISTS: dict[type[Any], str] = {
    Intent: "intents",
    Act: "acts",
    Answer: "answers",
    Closure: "closures",
    Report: "reports",
    Fill: "fills",
    Transfer: "transfers",
    Decision: "decisions",
    SplitTaken: "splits",
    Acceptance: "acceptances",
    HaltChange: "halts",
    Mark: "marks",
    EquityClose: "closes",
    Denied: "denials",
    Notice: "notices",
    RunStarted: "runs",
}


class MemoryLedger:
    """Implements `ports.Ledger`; `MemoryLedger(*facts)` holds these from the start."""

    def __init__(self, *facts: Fact) -> None:
        self._facts = Facts()
        self.append(*facts)

    def facts(self) -> Facts:
        return _copied(self._facts)

    def append(self, *facts: Fact) -> int:
        after = _copied(self._facts)
        news = 0
        for fact in facts:
            rows = getattr(after, LISTS[type(fact)])
            if not _is_there(fact, rows):
                rows.append(fact)
                news += 1
        self._facts = after
        return news


def _copied(facts: Facts) -> Facts:
    return Facts(**{f.name: copy(getattr(facts, f.name)) for f in fields(Facts)})


def _is_there(fact: Fact, rows: list[Any]) -> bool:
    if isinstance(fact, Act | Closure):
        return fact in rows
    if isinstance(fact, Intent | Fill | Transfer):
        same = [row for row in rows if row.id == fact.id]
        if same and same[0] != fact and not isinstance(fact, Transfer):
            raise LedgerDiffers(f"{fact.id} is there with other content")
        return bool(same)
    if isinstance(fact, Report):
        last = [row.order for row in rows if row.order.id == fact.order.id]
        return last[-1:] == [fact.order]
    if isinstance(fact, Mark):
        marks = [r for r in rows if (r.strategy, r.symbol) == (fact.strategy, fact.symbol)]
        return bool(marks) and replace(marks[-1], at=fact.at) == fact
    if isinstance(fact, Denied):
        denials = [r for r in rows if _who(r) == _who(fact)]
        return bool(denials) and replace(denials[-1], at=fact.at) == fact
    return False


def _who(denied: Denied) -> tuple[object, ...]:
    return (denied.session, denied.group, denied.strategy, denied.symbol)
