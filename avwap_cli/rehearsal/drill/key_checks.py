"""Key checks: live money is reached only where mode, address and account number say so at once.

Each key is taken away in turn; what counts is that no byte came to the wire.  The wire ends in
the local exchange, whatever the address: a drill never reaches a real broker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from avwap_cli.errors import ConfigError
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind
from avwap_cli.rehearsal.drill.prices import DAY, flat, moment
from avwap_cli.rehearsal.drill.situations import MOO, SYMBOL
from avwap_cli.rehearsal.drill.streets import URL, Street, shipped
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.settings import BrokerSettings
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import OrderKind, TimeInForce
from avwap_cli.wiring.drill_desk import LIVE_ACCOUNT, LIVE_URL

OWN_KEY, SECRET = "PKDRILLDRILLDRILL", "drill"
ANOTHER = "000000000"
Change = Callable[["Keys"], "Keys"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What decides where an order goes.

    Attributes:
        account: what the environment names; empty = nothing.
    """

    settings: BrokerSettings
    key_id: str
    account: str


@dataclass
class Dressed:
    """The wire of a street for any keys: each request gets those of the exchange."""

    street: Street

    def handle(self, request: Request) -> Answer:
        """The exchange's answer to the same request under its own keys."""
        keys = self.street.exchange.keys
        mine = {"apca-api-key-id": keys.key_id, "apca-api-secret-key": keys.secret}
        return self.street.wire.handle(replace(request, headers={**request.headers, **mine}))


def key_checks() -> list[Brake]:
    """The live key whole, then without each of its parts, then keys at the wrong door."""
    taken: list[tuple[str, str, Change]] = [
        ("live-mode", "address and account are live, the mode is not", _mode),
        ("live-address", "mode and account are live, the address is empty", _address),
        ("live-account", f"mode and address are live, {LIVE_ACCOUNT} is not set", _no_account),
        ("live-other-account", f"{LIVE_ACCOUNT} names another account", _other_account),
        ("local-keys", "keys of a local exchange, at the live address", _local_keys),
        ("own-keys", "your own keys, at an address of this computer", _own_keys),
    ]
    whole = Brake(Kind.LIVE_KEY, "live-all-three", "mode, address and account agree", _whole)
    return [whole, *(Brake(Kind.LIVE_KEY, n, did, _without(c)) for n, did, c in taken)]


def _mode(keys: Keys) -> Keys:
    return replace(keys, settings=replace(keys.settings, mode="paper"))


def _address(keys: Keys) -> Keys:
    return replace(keys, settings=replace(keys.settings, url=""))


def _no_account(keys: Keys) -> Keys:
    return replace(keys, account="")


def _other_account(keys: Keys) -> Keys:
    return replace(keys, account=ANOTHER)


def _local_keys(keys: Keys) -> Keys:
    return replace(keys, key_id="AVWAPLOCALDRILL")


def _own_keys(keys: Keys) -> Keys:
    return replace(keys, settings=replace(keys.settings, mode="exchange", url=URL))


def _whole(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    no = _tried(street, _live(street))
    sent = len(street.wire.changes)
    return Finding(not no and sent == 1, no or f"{sent} order sent")


def _without(change: Change) -> Callable[[Yard], Finding]:
    def pull(yard: Yard) -> Finding:
        street = yard.street(flat(SYMBOL))
        no = _tried(street, change(_live(street)))
        sent = len(street.wire.changes)
        if sent or not no:
            return Finding(False, f"{sent} orders sent, no refusal" if not no else "an order left")
        return Finding(True, f"refused: {no}")

    return pull


def _live(street: Street) -> Keys:
    settings = replace(shipped().broker, mode="live", url=LIVE_URL)
    account = street.ports().broker.account().number
    street.wire.heard.clear()
    return Keys(settings, OWN_KEY, account)


def _tried(street: Street, keys: Keys) -> str:
    """Send one order with these keys; why that was refused here, empty = it was not."""
    environment: Mapping[str, str] = {LIVE_ACCOUNT: keys.account} if keys.account else {}
    try:
        wire = Dressed(street)
        broker = street.desk.broker(wire, keys.settings, keys.key_id, SECRET, environment)
        broker.submit(_order())
    except ConfigError as no:
        return no.message
    return ""


def _order() -> Intent:
    role = Role(DAY, MOO, SYMBOL, 1, Leg.ENTRY)
    return Intent(
        id=role.attempt(1),
        role=role,
        kind=OrderKind.MARKET,
        tif=TimeInForce.DAY,
        shares=Decimal(1),
        limit_price=None,
        stop_price=None,
        reason="",
        decision_price=Decimal(100),
        plan="",
        replaces=None,
        made_at=moment("09:26"),
    )
