"""Settings of the exchange: the account it opens and the way it fills."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """All that may be chosen; the defaults behave like Alpaca's paper account, without chance.

    Attributes:
        seed: of ids and of every chance (partial fills, faults with a probability).
        cash: USD in the account at the start.
        multiplier: buying power over equity, 1, 2 or 4; below 2,000 USD of equity it is 1.
        shorting: whether the account may sell short.
        subscription: market data plan: `basic` refuses SIP data of the last 15 minutes and
            streams at most 30 symbols; `plus` does not.
        slippage_frac: what a market order pays beyond the quote, over the price.
        participation_frac: largest part of a print that all orders together take; what is
            less than a share fills beside it.
        partial_probability: chance that a fill is cut to a random part (Alpaca's paper engine: 0.1).
        latency_s: virtual seconds from a request to its effect at the venue (new, canceled,
            replaced); 0 = before the next request.
        cancel_while_closed: `at_once`, or `pending` until the next 04:00 ET, as live orders do.
        splits_move_limits: whether plain GTC limit orders follow a split; stops and legs of
            complex orders never do.
        elite: whether OPG, CLS, IOC and FOK are on offer (`True` = as paper accepts them).
        requests_per_minute: limit of the trading and of the data host; 0 = none.
        legacy_borrow_flag: whether assets still carry `easy_to_borrow`.
    """

    seed: int = 7
    cash: Decimal = Decimal("100000")
    multiplier: int = 2
    shorting: bool = True
    subscription: Literal["basic", "plus"] = "basic"
    slippage_frac: Decimal = Decimal(0)
    participation_frac: Decimal = Decimal("0.25")
    partial_probability: float = 0.0
    latency_s: float = 0.0
    cancel_while_closed: Literal["at_once", "pending"] = "at_once"
    splits_move_limits: bool = True
    elite: bool = True
    requests_per_minute: int = 200
    legacy_borrow_flag: bool = True
