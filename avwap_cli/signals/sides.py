"""One side of the anchored-VWAP setup: the whole funnel for longs, or for shorts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats
from avwap_cli.signals import gates, setups
from avwap_cli.signals.anchors import Anchors, find_anchors
from avwap_cli.signals.avwap import Choice, choose
from avwap_cli.signals.features import trend_score
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.grounds import Ground
from avwap_cli.signals.levels import Levels, levels
from avwap_cli.signals.rules import ScanRules
from avwap_cli.verdicts import Reason, Stage


@dataclass(frozen=True, slots=True)
class Side:
    """All of one direction, per symbol.

    Attributes:
        direction: +1 long, -1 short.
        funnel: who left where.
        trend: (N,) TrendScore.
        tier: (N,) "A", "B" or "".
        sector_rank: (N,) 1 = best sector; NaN where not ranked.
        anchors, choice, levels: see their modules.
        labels: name -> (N,) setup context.
    """

    direction: int
    funnel: Funnel
    trend: Floats
    tier: NDArray[np.str_]
    sector_rank: Floats
    anchors: Anchors
    choice: Choice
    levels: Levels
    labels: dict[str, NDArray[np.str_] | Floats]


def look(ground: Ground, rules: ScanRules, profile: str, direction: int) -> Side:
    """Send every symbol through the anchored-VWAP funnel of one direction."""
    panel, f = ground.panel, ground.features
    trend = trend_score(f, rules.trend, direction)
    anchors = find_anchors(panel, rules.anchors, direction, ground.reports.last, rules.user_anchors)
    choice = choose(panel, ground.prices, anchors, trend, rules.anchors, direction)
    entry = choice.of_winner(choice.avwap)
    plan = levels(panel, entry, f.atr_sma, f.pivot, rules.levels, direction)
    funnel = Funnel(ground.listed.member)
    gates.ask_basics(funnel, ground, rules, rules.history.min_avwap_sessions)
    sector_rank = gates.ask_sector(funnel, ground, rules, trend)
    gates.ask_market_side(funnel, ground, rules, direction)
    gates.ask_earnings(funnel, ground, rules)
    gates.ask_weekly(funnel, ground, rules, direction)
    tier = gates.tiers(f, direction)
    gates.ask_quality(funnel, f, tier, rules.quality[profile])
    valid = (choice.status == "valid").sum(axis=0)
    funnel.ask(Stage.ANCHOR, Reason.NO_ANCHOR, valid > 0, valid.astype(float), "valid anchors >= 1")
    gates.ask_levels(funnel, plan, rules)
    labels = setups.context(
        panel, _averages(ground, anchors, choice, rules), rules.trend, rules.setup
    )
    return Side(direction, funnel, trend, tier, sector_rank, anchors, choice, plan, labels)


def _averages(
    ground: Ground, anchors: Anchors, choice: Choice, rules: ScanRules
) -> dict[str, Floats]:
    """The rolling and the chosen average at the last sessions, newest last."""
    backs = range(max(rules.setup.acceptance_closes, 2) - 1, -1, -1)
    columns = np.arange(len(choice.winner))
    row = np.where(choice.winner >= 0, anchors.row[np.maximum(choice.winner, 0), columns], -1)
    n = rules.setup.vwap_sessions
    return {
        f"vwap{n}": np.array([ground.prices.rolling(n, back) for back in backs]),
        "avwap": np.array([ground.prices.anchored(row, back) for back in backs]),
    }
