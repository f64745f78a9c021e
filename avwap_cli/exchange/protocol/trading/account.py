"""The account: balances, and the configurations that its owner may change."""

from __future__ import annotations

from avwap_cli.exchange.decimals import money_text
from avwap_cli.exchange.instants import day_of, rfc3339
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.bodies import json_object
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.market import sessions


def account_document(context: RouteContext) -> Document:
    """The account as it stands; nothing of the retired day-trading rules is in it."""
    venue = context.venue
    balances = venue.balances()
    suspended = context.configurations.suspend_trade
    return {
        "id": venue.account_id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": venue.account_number,
        "status": "ACTIVE",
        "crypto_status": "INACTIVE",
        "options_approved_level": 0,
        "options_trading_level": 0,
        "options_buying_power": "0",
        "currency": "USD",
        "buying_power": money_text(balances.buying_power),
        "regt_buying_power": money_text(balances.regt_buying_power),
        "effective_buying_power": money_text(balances.buying_power),
        "non_marginable_buying_power": money_text(balances.non_marginable_buying_power),
        "cash": money_text(balances.cash),
        "accrued_fees": money_text(balances.accrued_fees),
        "portfolio_value": money_text(balances.equity),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": rfc3339(context.opened_at),
        "trade_suspended_by_user": suspended,
        "multiplier": str(balances.multiplier),
        "shorting_enabled": venue.settings.shorting and balances.multiplier > 1,
        "equity": money_text(balances.equity),
        "last_equity": money_text(venue.last_equity),
        "long_market_value": money_text(balances.long_market_value),
        "short_market_value": money_text(balances.short_market_value),
        "position_market_value": money_text(balances.equity - balances.cash),
        "initial_margin": money_text(balances.initial_margin),
        "maintenance_margin": money_text(balances.maintenance_margin),
        "last_maintenance_margin": money_text(balances.maintenance_margin),
        "sma": "0",
        "balance_asof": sessions.previous_session(day_of(context.now)).isoformat(),
        "intraday_adjustments": "0",
        "pending_reg_taf_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
    }


def account(context: RouteContext, _request: Request) -> Answer:
    """GET /v2/account."""
    return ok(account_document(context))


def configurations(context: RouteContext, _request: Request) -> Answer:
    """GET /v2/account/configurations."""
    return ok(context.configurations.document())


def configure(context: RouteContext, request: Request) -> Answer:
    """PATCH /v2/account/configurations: changes what is given, answers with all."""
    context.configurations = context.configurations.changed(json_object(request))
    context.venue.settings = context.configurations.applied(context.settings)
    return ok(context.configurations.document())


ROUTES = (
    Route("GET", "/v2/account", account),
    Route("GET", "/v2/account/configurations", configurations),
    Route("PATCH", "/v2/account/configurations", configure),
)
