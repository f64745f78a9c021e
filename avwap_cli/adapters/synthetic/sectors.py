"""The 11 GICS sectors: how common each is, how it trades, and what its companies do.

Shares and betas are those of the Russell 3000 in round figures; the businesses are
invented and serve the companies' names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sector:
    """One sector.

    Attributes:
        name: the GICS name.
        fund: the symbol of its index fund.
        share: of all companies, a fraction.
        beta: mean exposure to the market.
        sigma: own daily volatility of a middling company, a fraction.
        businesses: words for names.
    """

    name: str
    fund: str
    share: float
    beta: float
    sigma: float
    businesses: tuple[str, ...]


SECTORS = (
    Sector("Communication Services", "XLC", 0.045, 1.05, 0.018,
           ("Broadcasting", "Signalworks", "Pixelpress", "Lightphone", "Playhouse")),
    Sector("Consumer Discretionary", "XLY", 0.115, 1.20, 0.019,
           ("Hovercraft", "Outfitters", "Toymakers", "Inns", "Bicycles", "Kitchens")),
    Sector("Consumer Staples", "XLP", 0.045, 0.65, 0.014,
           ("Pickles", "Soapworks", "Bakeries", "Orchards", "Provisions")),
    Sector("Energy", "XLE", 0.050, 1.05, 0.019,
           ("Tidal Power", "Wellheads", "Pipeline", "Drillworks", "Furnaces")),
    Sector("Financials", "XLF", 0.175, 1.00, 0.014,
           ("Bancorp", "Assurance", "Lending", "Exchange", "Counting House")),
    Sector("Health Care", "XLV", 0.165, 0.95, 0.024,
           ("Therapeutics", "Elixirs", "Prosthetics", "Diagnostics", "Remedies", "Clinics")),
    Sector("Industrials", "XLI", 0.150, 1.10, 0.016,
           ("Robotics", "Airships", "Bearings", "Bridgeworks", "Freight", "Turbines")),
    Sector("Information Technology", "XLK", 0.125, 1.25, 0.021,
           ("Semidynamics", "Softworks", "Thinking Machines", "Cloudloom", "Photonics")),
    Sector("Materials", "XLB", 0.045, 1.05, 0.017,
           ("Alloys", "Quarries", "Paper Mills", "Pigments", "Glassworks")),
    Sector("Real Estate", "XLRE", 0.060, 0.90, 0.014,
           ("Towers REIT", "Warehouses REIT", "Arcades REIT", "Homesteads REIT")),
    Sector("Utilities", "XLU", 0.025, 0.55, 0.011,
           ("Waterworks", "Grid & Lantern", "Gaslight", "Windworks")),
)  # fmt: skip

MARKET_FUND = "SPY"
FUNDS = (MARKET_FUND, *(sector.fund for sector in SECTORS))
