"""Past facts: the ledger as it stood after a session, whatever has happened since.

So the page of a past session stays what it was: positions closed later are still held on it,
and prices are on that session's basis.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

from avwap_cli.market import sessions
from avwap_cli.trading.facts import EquityClose, Facts, Notice
from avwap_cli.trading.intents import Intent

BEFORE_OPEN = timedelta(hours=1)  # by then nothing of the next session has begun


def facts_until(facts: Facts, session: date) -> Facts:
    """What was known before the next session began, and what was later learnt of this one."""
    end = sessions.opens_at(sessions.next_session(session)) - BEFORE_OPEN
    kinds = (getattr(facts, each.name) for each in fields(Facts))
    return Facts(*([fact for fact in rows if _is_past(fact, session, end)] for rows in kinds))


def _is_past(fact: Any, session: date, end: datetime) -> bool:
    if isinstance(fact, EquityClose | Notice):
        return fact.session <= session
    moment: datetime = fact.made_at if isinstance(fact, Intent) else fact.at
    return moment < end
