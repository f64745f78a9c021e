"""Day halts: losses, and refusals, that end the entries."""

from __future__ import annotations

from avwap_cli.market import sessions
from avwap_cli.stages.day.folding import Folding
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.day_limits import breaches
from avwap_cli.trading.orders import Account


def raise_day_halts(ports: TradingPorts, request: TradingRequest, folding: Folding) -> Account:
    """Ask for account and transfers, raise the halt levels that they call for; the account.

    Raises:
        BrokerError: no answer; the levels stay as they are.
    """
    account = ports.broker.account()
    since = sessions.closes_at(sessions.previous_session(request.session))
    noted = [c.at for c in folding.of(ports.ledger).closes]
    since = min(since, max(noted, default=since))  # the drawdown counts from the last noted close
    ports.ledger.append(*ports.broker.transfers(since))
    transfers, book = ports.ledger.facts().transfers, folding.of(ports.ledger)
    now = ports.clock.now()
    found = breaches(account, transfers, book, request.session, now, request.rules.risk)
    ports.ledger.append(*found)
    return account
