"""Chart inputs: the bars of some symbols, measured as the scan of that session measures them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable
from avwap_cli.market.panel import build_panel
from avwap_cli.ports import BarStore, Earnings
from avwap_cli.review.candidate_charts import Measured, measure
from avwap_cli.signals.reports import reports
from avwap_cli.signals.rules import ScanRules
from avwap_cli.stages.evening.scan_inputs import CALENDAR_AHEAD, as_days, require_bars

PRICES = ("vwap", "typical")


@dataclass(frozen=True, slots=True)
class ChartPorts:
    """What daily charts are made from.

    Attributes:
        earnings: report dates; they are asked for only where bars are.
        volume_scale: multiplies volumes, as in the scan.
    """

    bars: BarStore
    earnings: Callable[[], Earnings]
    rules: ScanRules
    volume_scale: float = 1.0


def measured(
    ports: ChartPorts, as_of: date, symbols: Sequence[str], price: object = None
) -> Measured:
    """These symbols and the index fund, measured over the window that ends at `as_of`.

    Args:
        price: what the scan of that session weighed, vwap or typical; anything else = what a
            scan would choose now.

    Raises:
        StaleInput: the cache ends before.
        InputError: it cannot be read.
    """
    rules = ports.rules
    require_bars(ports.bars.info(), as_of)
    table = ports.bars.read(as_of, rules.history.window_sessions)
    chosen = price if isinstance(price, str) and price in PRICES else _price(table, rules)
    wanted = sorted({*symbols, rules.regime.symbol})
    window = as_days(sessions.last_sessions(as_of, rules.history.window_sessions))
    panel = build_panel(table.only(wanted).including(wanted), window, ports.volume_scale)
    calendar = as_days(sessions.sessions_between(window[0].item(), as_of + CALENDAR_AHEAD))
    last = reports(panel, ports.earnings().dates(wanted), calendar).last
    return measure(panel, last, rules, chosen)


def _price(table: BarTable, rules: ScanRules) -> str:
    """What a scan of all these bars would weigh."""
    if rules.avwap_price != "auto":
        return rules.avwap_price
    return "typical" if bool(np.isnan(table.vwap).any()) else "vwap"
