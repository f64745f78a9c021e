"""Configurations: the account settings that its owner may change by himself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from avwap_cli.exchange.broker.orders import OrderRequest
from avwap_cli.exchange.broker.rules.order_rules import is_fractional
from avwap_cli.exchange.refusals import echo, forbidden, malformed
from avwap_cli.exchange.settings import Settings

# gone from answers since July 2026, but still sent by clients that write back what they know
RETIRED = frozenset({"dtbp_check", "pdt_check"})
WORDS: Mapping[str, tuple[object, ...]] = {
    "max_margin_multiplier": ("1", "2", "4"),
    "trade_confirm_email": ("all", "none"),
    "max_options_trading_level": (0, 1, 2, 3),
}


@dataclass(frozen=True, slots=True)
class Configurations:
    """What can be chosen, in Alpaca's names.

    `suspend_trade` and `fractional_trading` act on new orders here; `no_shorting` and
    `max_margin_multiplier` act in the books; the others are only remembered.
    """

    max_margin_multiplier: str = "4"
    no_shorting: bool = False
    suspend_trade: bool = False
    fractional_trading: bool = True
    trade_confirm_email: str = "all"
    ptp_no_exception_entry: bool = False
    disable_overnight_trading: bool = False
    max_options_trading_level: int = 0

    def document(self) -> dict[str, object]:
        """The choices as JSON."""
        return asdict(self)

    def changed(self, wishes: Mapping[str, object]) -> Configurations:
        """The choices after a PATCH; null leaves a choice as it is.

        Raises:
            Refusal: an unknown name, or a value of another kind.
        """
        known = asdict(self)
        given = {
            name: value
            for name, value in wishes.items()
            if value is not None and name not in RETIRED
        }
        for name, value in given.items():
            if name not in known:
                raise malformed(f"unknown configuration: {echo(name)}")
            if type(value) is not type(known[name]) or value not in WORDS.get(name, (value,)):
                raise malformed(f"invalid {name}")
        return replace(self, **given)  # type: ignore[arg-type]

    def applied(self, settings: Settings) -> Settings:
        """The account's settings under these choices."""
        return replace(
            settings,
            shorting=settings.shorting and not self.no_shorting,
            multiplier=min(settings.multiplier, int(self.max_margin_multiplier)),
        )

    def check_active(self) -> None:
        """Raises a `Refusal` when new orders are switched off."""
        if self.suspend_trade:
            raise forbidden("new orders are rejected by user request")

    def check(self, request: OrderRequest) -> None:
        """Raises a `Refusal` when new orders, or orders of parts of shares, are switched off."""
        self.check_active()
        if not self.fractional_trading and is_fractional(request.qty, request.notional):
            raise forbidden("account is not allowed to trade fractional shares")
