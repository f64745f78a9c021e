"""Held before: what an account had when a session began, told from its ledger.

The ledger as it was known that morning goes into the scratch home, and what it says of the
broker (positions, resting orders, money) is what the local exchange opens with.  So both sides
agree as they did then.  Where the ledger does not know enough of that morning, `CannotBegin`
says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal

from avwap_cli.errors import InputError
from avwap_cli.exchange.broker.arrivals import LIFE_DAYS, LIFE_ENDS
from avwap_cli.exchange.broker.inheritance import Inheritance
from avwap_cli.exchange.broker.orders import Order, OrderClass, OrderType, PositionIntent, Side, Tif
from avwap_cli.exchange.broker.orders import Status as ExchangeStatus
from avwap_cli.exchange.instants import at_clock, day_of, hours, instant, order_session
from avwap_cli.market import sessions
from avwap_cli.review.past_facts import BEFORE_OPEN, facts_until
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import EquityClose, Fact, Facts
from avwap_cli.trading.fill_owners import foreign_shares
from avwap_cli.trading.order_records import OrderRecord
from avwap_cli.trading.orders import ZERO, BrokerOrder, Status
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.ledger_desk import LedgerDesk

DIFFERS = "differs."  # begins the key of every state in which ledger and broker disagree
PENDING = frozenset({ExchangeStatus.PENDING_CANCEL, ExchangeStatus.PENDING_REPLACE})


class CannotBegin(InputError):
    """The day cannot be played again from where it began."""


@dataclass(frozen=True, slots=True)
class Opening:
    """With what the exchange opens.

    Attributes:
        cash: USD.
        before: positions and orders.
    """

    cash: Decimal
    before: Inheritance


def ledger_of(ledgers: LedgerDesk, session: date) -> Facts | None:
    """All facts of the account that traded that session, else of the first; None = no ledger.

    Raises:
        LedgerError, SchemaMismatch: one of the ledgers cannot be read.
    """
    found = ledgers.facts()
    mine = (f for f in found if any(run.session == session for run in f.runs))
    return next(mine, next(iter(found), None))


def facts_before(facts: Facts, session: date) -> Facts:
    """What was known when the session began."""
    return facts_until(facts, sessions.previous_session(session))


def put_ledger(facts: Facts, desk: Desk, account: str) -> None:
    """Begin that account's ledger in the desk's home with these facts; none, and it is not begun.

    Raises:
        LedgerError: it cannot be written.
    """
    rows: list[Fact] = [fact for each in fields(Facts) for fact in getattr(facts, each.name)]
    if rows:
        desk.ledgers.begin(account, rows)


def opening(
    facts: Facts,
    session: date,
    split: Iterable[str],
    close_of: Callable[[str], Decimal | None],
) -> Opening | None:
    """What the exchange opens with; None where nothing was ever held or ordered.

    Args:
        facts: the whole ledger, what was learnt later included.
        split: the symbols that were split that night.
        close_of: symbol -> its last close before the session, USD; None = unknown.

    Raises:
        CannotBegin: the ledger does not know enough of that morning.
    """
    known = facts_before(facts, session)
    book = fold(known)
    if not book.orders and not book.fills:
        return None
    held = {p.symbol: book.held(p.symbol) for p in book.open}
    _must_be_known(facts, book, session)
    _must_be_settled(book)
    for symbol in sorted({*split, *_split_then(facts, session)} & set(held)):
        raise CannotBegin(f"{symbol}, which was held, was split that night")
    last = _last_close(known, held, session)
    worth = ZERO
    for symbol, shares in held.items():
        close = close_of(symbol)
        if close is None:
            raise CannotBegin(f"the cache has no close of {symbol}, which was held")
        worth += shares * close
    paid = sum((t.amount_usd for t in known.transfers if t.at > last.at), ZERO)
    orders = sorted(_orders(book, session), key=lambda order: order.submitted_at)
    prices = {symbol: (shares, _price(book, symbol)) for symbol, shares in held.items() if shares}
    equity = last.equity_usd + paid
    return Opening(equity - worth, Inheritance(prices, orders, last.equity_usd))


def _must_be_known(facts: Facts, book: Book, session: date) -> None:
    """Refuse where the ledger heard only later of an order that had ended before the session.

    That a day order had expired is no news: everybody knows that it does.
    """
    begins = sessions.opens_at(session) - BEFORE_OPEN
    standing = {order.id for order in book.working}
    for report in facts.reports:
        order = report.order
        ended = order.status.final and order.status is not Status.EXPIRED
        if report.at >= begins > order.updated_at and ended and order.client_id in standing:
            raise CannotBegin(f"the ledger heard only later how {order.client_id} had ended")


def _must_be_settled(book: Book) -> None:
    """Refuse where ledger and broker did not agree, or what was sent had no answer."""
    if book.unresolved:
        raise CannotBegin(f"nobody knew what had become of the order {book.unresolved[0].id}")
    for notice in book.states.values():
        if notice.key.startswith(DIFFERS):
            raise CannotBegin(f"ledger and broker did not agree ({notice.text})")
    for symbol in sorted(book.symbols):
        if foreign_shares(book, symbol):
            raise CannotBegin(f"shares of {symbol} were held that no order of ours had bought")


def _split_then(facts: Facts, session: date) -> set[str]:
    return {split.symbol for split in facts.splits if split.first_session == session}


def _last_close(known: Facts, held: Iterable[str], session: date) -> EquityClose:
    """The last closing equity, if nothing but prices can have changed it since."""
    last = max(known.closes, key=lambda close: close.session, default=None)
    before = sessions.previous_session(session)
    if last is None or (any(held) and last.session != before):
        raise CannotBegin(f"the account's equity at the close of {before} was not kept")
    if any(fill.at > last.at for fill in known.fills):
        raise CannotBegin(f"something was traded after the close of {last.session}")
    return last


def _price(book: Book, symbol: str) -> Decimal:
    """The average entry price, USD, over all strategies."""
    cost = sum((p.signed_shares * p.avg_price for p in book.positions_of(symbol)), ZERO)
    return cost / book.held(symbol)


def _orders(book: Book, session: date) -> Iterable[Order]:
    for record in book.orders.values():
        if record.report is None:
            continue
        try:
            order = _order(record, record.report)
        except ValueError as problem:
            if record.report.status.final:
                continue  # nothing will be asked of it
            raise CannotBegin(f"the order {record.id} is no such as we make ({problem})") from None
        order = _by_now(order, session)
        if order.status in PENDING:
            raise CannotBegin(f"the order {record.id} was being changed")
        yield order


def _order(record: OrderRecord, report: BrokerOrder) -> Order:
    """The order as the exchange keeps it.

    Raises:
        ValueError: the broker said of it what the exchange has no word for.
    """
    effect = record.intent.effect if report.effect is None else report.effect
    sent, tif = instant(report.submitted_at), Tif(report.tif.value)
    day = order_session(sent)
    last = day_of(sent) + timedelta(days=LIFE_DAYS)
    return Order(
        seq=0,
        id=report.id,
        client_order_id=report.client_id,
        asset_id="",
        symbol=report.symbol,
        side=Side(report.side.value),
        type=OrderType(report.kind.value),
        tif=tif,
        order_class=OrderClass.SIMPLE,
        intent=PositionIntent(f"{report.side.value}_to_{effect.value}"),
        status=ExchangeStatus(report.status.value),
        session=day,
        created_at=sent,
        updated_at=instant(report.updated_at),
        submitted_at=sent,
        qty=report.shares,
        filled_qty=report.filled_shares,
        filled_avg_price=report.filled_avg_price,
        limit_price=report.limit_price,
        stop_price=report.stop_price,
        elected=report.filled_shares > 0,
        replaces=report.replaces,
        replaced_by=report.replaced_by,
        expires_at=at_clock(last, LIFE_ENDS) if tif is Tif.GTC else hours(day).close,
    )


def _by_now(order: Order, session: date) -> Order:
    """The order that morning: one for a day has ended with it, whoever heard of that."""
    if not order.open or order.tif is Tif.GTC or order.session >= session:
        return order
    ended = hours(order.session).close
    return replace(order, status=ExchangeStatus.EXPIRED, updated_at=ended, expired_at=ended)
