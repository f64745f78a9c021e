"""Rows of a holdings file: shares, and what such files hold beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

HEADER = [
    "Ticker",
    "Name",
    "Sector",
    "Asset Class",
    "Market Value",
    "Weight (%)",
    "Notional Value",
    "Quantity",
    "Price",
    "Location",
    "Exchange",
    "Currency",
    "FX Rate",
    "Market Currency",
    "Accrual Date",
]
NYSE, NASDAQ = "New York Stock Exchange Inc.", "NASDAQ"
NO_MARKET = "NO MARKET (E.G. UNLISTED)"
DERIVATIVES = "Cash and/or Derivatives"
FUND_USD = 15e9
QUARTERS = (("H", "MAR"), ("M", "JUN"), ("U", "SEP"), ("Z", "DEC"))
SECTOR_SPELLING = {"Communication Services": "Communication"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line; amounts in USD."""

    ticker: str
    name: str
    sector: str
    asset_class: str
    quantity: float
    price: float
    exchange: str
    weight_pct: float = 0.0
    location: str = "United States"
    accrual: str = "-"
    notional: float | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells under HEADER."""
        value = self.quantity * self.price if self.notional is None else 0.0
        return (
            self.ticker,
            self.name,
            self.sector,
            self.asset_class,
            f"{value:,.2f}",
            f"{self.weight_pct:.2f}",
            f"{value if self.notional is None else self.notional:,.2f}",
            f"{self.quantity:,.2f}",
            f"{self.price:,.2f}",
            self.location,
            self.exchange,
            "USD",
            "1.00",
            "USD",
            self.accrual,
        )

    def again(self, name: str, exchange: str) -> Row:
        """A left-over right under the same ticker, worth next to nothing."""
        return replace(
            self, name=name, exchange=exchange, quantity=4039.0, price=0.47, weight_pct=0.0
        )


def share_row(
    symbol: str, name: str, sector: str, exchange: str, price: float, weight: float
) -> Row:
    """The line of one company.

    Args:
        symbol: the inside form; the line has it without its dot.
        name: the line has it in capitals.
        sector: the GICS name; the line has the vendor's spelling.
        exchange: where it is listed.
        price: USD.
        weight: its share of the fund, a fraction.
    """
    return Row(
        ticker=symbol.replace(".", ""),
        name=name.upper(),
        sector=SECTOR_SPELLING.get(sector, sector),
        asset_class="Equity",
        quantity=float(max(round(FUND_USD * weight / price), 1)),
        price=price,
        exchange=exchange,
        weight_pct=100.0 * weight,
    )


def _cash_fund(on: date) -> Row:  # noqa: ARG001
    return Row("XZCSH", "SYNTHETIC TREASURY CASH FUND", DERIVATIVES, "Money Market", 20926877.0, 1.0, "-", 0.14)  # fmt: skip


def _cash(on: date) -> Row:  # noqa: ARG001
    return Row("USD", "USD CASH", DERIVATIVES, "Cash", 131832.0, 100.0, "-", 0.09)


def _collateral(on: date) -> Row:
    accrual = f"Feb 01, {on.year - 5}"
    return Row("QZFUT", "CASH COLLATERAL QZFUT USD", DERIVATIVES, "Cash Collateral and Margins", 28684.0, 100.0, "-", 0.02, accrual=accrual)  # fmt: skip


def _escrow(on: date) -> Row:  # noqa: ARG001
    return Row("-", "VELTMUND HOLDINGS ESCROW", "Communication", "Equity", 28033.0, 0.0, NASDAQ)


def _accrual(on: date) -> Row:  # noqa: ARG001
    return Row("-", "OSTGARD STRATEGIC CASH ACCRUAL", "Real Estate", "Equity", 11270.0, 0.12, NYSE)


def _coded_escrow(on: date) -> Row:  # noqa: ARG001
    return Row("Z5N994", "Zorquist Corp Escrow", "Energy", "Equity", 1248.0, 0.0, "Non-Nms Quotation Service (Nnqs)")  # fmt: skip


def _warrants(on: date) -> Row:  # noqa: ARG001
    return Row("QXVBW", "MARNLOW DRILLWORKS EQUITY WARRANTS", "Energy", "Equity", 204.0, 0.73, "Non-Nms Quotation Service (Nnqs)")  # fmt: skip


def _futures(on: date) -> Row:
    code, month = QUARTERS[(on.month - 1) // 3]
    name = f"SYNTHETIC 500 EMINI {month} {on.year % 100:02d}"
    return Row(f"QZS{code}{on.year % 10}", name, DERIVATIVES, "Futures", 106.0, 5861.25, "Index And Options Market", location="-", notional=31064625.0)  # fmt: skip


# Where in the list, as a fraction of its length, and the row.
EXTRA_ROWS: tuple[tuple[float, Callable[[date], Row]], ...] = (
    (0.05, _cash_fund),
    (0.08, _cash),
    (0.21, _collateral),
    (0.97, _warrants),
    (1.0, _escrow),
    (1.0, _accrual),
    (1.0, _coded_escrow),
    (1.0, _futures),
)
