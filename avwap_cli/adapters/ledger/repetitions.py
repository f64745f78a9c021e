"""Repetitions: which facts are in the ledger already and need not be added again.

Each fact of these kinds has a key.  What an id names is there once and for all; of what
is measured again and again (reports, marks, denials) only a change is news.
"""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime

from avwap_cli.errors import LedgerDiffers
from avwap_cli.trading.facts import Act, Closure, Denied, Fact, Mark, Report
from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import Fill, Transfer

_ANY_TIME = datetime.min.replace(tzinfo=UTC)
Known = MutableMapping[Hashable, Hashable]


def is_new(fact: Fact, known: Known) -> bool:
    """Whether it must be added; `known` then holds it.

    Raises:
        LedgerDiffers: an intent or fill of that id is there with other content.
    """
    found = _key_and_content(fact)
    if found is None:
        return True
    key, content = found
    before = known.get(key)
    if before == content:
        return False
    if isinstance(fact, Intent | Fill) and before is not None:
        kind = "intent" if isinstance(fact, Intent) else "fill"
        raise LedgerDiffers(
            f"the ledger holds another {kind} of the id {fact.id}: {before}, not {fact}",
            "look at `avwap orders --verify`",
        )
    known[key] = content
    return True


def _key_and_content(fact: Fact) -> tuple[Hashable, Hashable] | None:
    """None for kinds of which every one counts."""
    found: tuple[Hashable, Hashable] | None = None
    match fact:
        case Intent() | Fill():
            found = (type(fact), fact.id), fact
        case Transfer():
            found = (Transfer, fact.id), True
        case Act() | Closure():
            found = fact, True
        case Report():
            found = (Report, fact.order.id), fact.order
        case Mark():
            found = (Mark, fact.strategy, fact.symbol), replace(fact, at=_ANY_TIME)
        case Denied():
            key = (Denied, fact.session, fact.group, fact.strategy, fact.symbol)
            found = key, replace(fact, at=_ANY_TIME)
    return found
