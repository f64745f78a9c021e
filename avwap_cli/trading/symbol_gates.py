"""Symbol gates: is there a place for this candidate among what we hold and mean to?

Pending counts as open.  Signature as in `account_gates`.
"""

from __future__ import annotations

from collections.abc import Callable

from avwap_cli.trading import exposures
from avwap_cli.trading.account_gates import No
from avwap_cli.trading.attempts import most_attempts
from avwap_cli.trading.entry_scenes import EntryScene
from avwap_cli.trading.exposures import Slot
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import TradingRules


def barred(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """Nothing bars the symbol, and no entry in it was refused this session."""
    if scene.barred:
        return scene.barred, "a symbol that is not barred"
    for record in _entries(plan, scene):
        if record.refused_at is not None:
            return record.id, "no entry in the symbol refused this session"
    return None


def closed_today(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """No position of the symbol was closed, or is being closed, this session."""
    if plan.symbol in scene.book.closed_on(scene.session):
        return plan.symbol, "no re-entry in a symbol closed today"
    return None


def attempts(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """Attempts are left, and none of those before filled a share."""
    made = _entries(plan, scene)
    for record in made:
        if record.filled > 0:
            return record.id, "no entry that has filled already"
    limit = most_attempts(plan, rules.entry)
    return _below(len(made), limit, "entry orders of the symbol this session")


def unresolved(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """What became of every order of ours in the symbol is known."""
    for record in scene.book.orders_of(plan.symbol):
        if record.id != scene.resending and exposures.unresolved(record, scene.session):
            return record.id, "no unresolved order in the symbol"
    return None


def already_held(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """No strategy holds the symbol; a position is never added to."""
    held = scene.book.positions_of(plan.symbol)
    if held:
        return f"{held[0].strategy} {held[0].signed_shares:f}", "no position in the symbol"
    return None


def foreign_position(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """The broker holds nothing of the symbol either."""
    if scene.view is None:
        return None, "the broker's positions"
    shares = scene.view.held(plan.symbol)
    if shares != 0:
        return f"{shares:f}", "no position at the broker that is not ours"
    return None


def order_resting(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """No order of any owner stands in the symbol, at the broker or on its way there."""
    if scene.view is None:
        return None, "the broker's orders"
    text = "no order resting in the symbol"
    for order in scene.view.resting(plan.symbol):
        if not scene.resending or order.client_id != scene.resending:
            return order.client_id or order.id, text
    on_the_way = {o.id for o in exposures.pending(scene.book, scene.session)}
    for record in scene.book.orders_of(plan.symbol):
        if record.id != scene.resending and (record.may_trade or record.id in on_the_way):
            return record.id, text
    return None


def max_open(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A place for one more position."""
    return _room(scene, rules.risk.max_open, "open positions", lambda _: True)


def max_long(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A place for one more long."""
    if plan.direction < 0:
        return None
    return _room(scene, rules.risk.max_long, "open longs", lambda s: s.direction > 0)


def max_short(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A place for one more short."""
    if plan.direction > 0:
        return None
    return _room(scene, rules.risk.max_short, "open shorts", lambda s: s.direction < 0)


def max_per_strategy(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A place for one more position of the strategy."""
    text = f"open positions of {plan.strategy}"
    limit = rules.risk.max_per_strategy
    return _room(scene, limit, text, lambda s: s.strategy == plan.strategy)


def max_per_sector(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A place for one more position of the sector; the unknown ones are one sector."""
    text = f"open positions of the sector {plan.sector}"
    return _room(scene, rules.risk.max_per_sector, text, lambda s: s.sector == plan.sector)


def max_new(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """One more new position this session."""
    new = exposures.new_entries(scene.book, scene.session, scene.resending)
    return _below(len(new), rules.risk.max_new_per_session, "new positions this session")


def max_new_in_group(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """One more new position of the group this session."""
    new = exposures.new_entries(scene.book, scene.session, scene.resending)
    mine = [o for o in new if exposures.plan_of_entry(o).group == plan.group]
    text = f"new positions of {plan.group} this session"
    return _below(len(mine), rules.risk.max_new_per_group, text)


def max_orders(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """One more entry order this session."""
    made = exposures.ordered(scene.book, scene.session, scene.resending)
    limit = rules.risk.max_entry_orders_per_session
    return _below(len(made), limit, "entry orders this session")


def _entries(plan: Plan, scene: EntryScene) -> list[OrderRecord]:
    """The session's entries in the symbol that were sent, or still wait to be."""
    made = exposures.ordered(scene.book, scene.session, scene.resending)
    return [o for o in made if o.symbol == plan.symbol and o.leg is Leg.ENTRY]


def _room(scene: EntryScene, limit: int, words: str, mine: Callable[[Slot], bool]) -> No:
    taken = exposures.slots(scene.book, scene.session, scene.resending)
    return _below(sum(map(mine, taken)), limit, words)


def _below(count: int, limit: int, words: str) -> No:
    return (str(count), f"at most {limit} {words}") if count >= limit else None
