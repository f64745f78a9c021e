"""Make `docs/pictures/*.svg`: each strategy, firing in a made-up market.

    python scripts/make_pictures.py
    python scripts/make_pictures.py --search bb_squeeze

A picture is a scan: the market of its seed is built up to its session, the program's own code
measures all of it by the shipped rules, and what it says of one symbol is drawn.  A scene whose
strategy does not fire there is an error; `--search` lists where it does.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from candle_svg import Sketch, Study, svg

from avwap_cli.adapters.synthetic import ORIGIN, SyntheticMarket
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.config import Sources, load
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.bars import Floats
from avwap_cli.market.earnings import EarningsDates, Timing, earnings_dates
from avwap_cli.market.panel import build_panel
from avwap_cli.market.universe import Member, Universe
from avwap_cli.review.candidate_charts import Measured, daily_chart, measure
from avwap_cli.review.candidate_subjects import subject_of
from avwap_cli.review.candidates import candidate
from avwap_cli.review.charts import Line
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.finds import AVWAP
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan, ScanInputs, lookback, scan
from avwap_cli.signals.strategies import STRATEGIES

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
CALENDAR = np.array(sessions.sessions_between(ORIGIN, date(2028, 1, 3)), dtype="datetime64[D]")
NAMES = 300  # a small market: the scan of one evening costs half a second
CANDLES = 60
SIDES = {1: "long", -1: "short"}
FIRST, LAST, EVERY = date(2024, 6, 3), date(2027, 5, 28), 23  # where --search looks


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a strategy fires in a made-up market.

    Attributes:
        name: of the file.
        strategy, direction: which signal, +1 long, -1 short.
        seed, session: which market, and its evening.
        symbol: in which the signal became a candidate.
        title: what the picture is called.
        averages: how many of the anchored averages are drawn, the winner's first.
    """

    name: str
    strategy: str
    direction: int
    seed: int
    session: date
    symbol: str
    title: str
    averages: int = 1


SCENES = (
    Scene("anchor", "avwap", 1, 7, date(2027, 3, 5), "ZXHM", "Anchors and their averages", 3),
    Scene("avwap_hold", "avwap", 1, 5, date(2026, 3, 3), "ZXMA", "Anchored VWAP, long: hold"),
    Scene("avwap", "avwap", 1, 2, date(2025, 1, 24), "XZUB", "Anchored VWAP, long: reclaim"),
    Scene("avwap_short", "avwap", -1, 3, date(2027, 3, 5), "QZFN", "Anchored VWAP, short"),
    Scene(
        "rsi_mean_reversion",
        "rsi_mean_reversion",
        1,
        4,
        date(2024, 7, 8),
        "QZCA",
        "RSI mean reversion, long",
    ),
    Scene("bb_squeeze", "bb_squeeze", 1, 8, date(2026, 4, 6), "ZXLO", "Bollinger squeeze, long"),
    Scene("adx_pullback", "adx_pullback", 1, 2, date(2024, 12, 18), "XZIR", "ADX pullback, long"),
    Scene(
        "overbought_short",
        "overbought_short",
        -1,
        8,
        date(2025, 10, 17),
        "ZXDA",
        "Overbought short",
    ),
    Scene(
        "regime_momentum",
        "regime_momentum",
        1,
        3,
        date(2025, 9, 16),
        "QZBR",
        "Regime momentum, long",
    ),
)


@lru_cache(maxsize=1)
def shipped() -> ScanRules:
    """The shipped rules with anchored-VWAP shorts on, which they are not by default."""
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    rules = load(Sources(Home(Path("/nonexistent")), params, {})).rules
    both = replace(rules.strategies[AVWAP], shorts=True)
    return replace(rules, strategies={**rules.strategies, AVWAP: both})


@lru_cache(maxsize=4)
def scanned(seed: int, session: date) -> Scan:
    """The scan of that evening in the market of that seed."""
    market = SyntheticMarket.build(seed, session, CALENDAR, names=NAMES)
    table, rules = market.adjusted_bars(), shipped()
    window = np.array(
        sessions.last_sessions(session, rules.history.window_sessions), dtype="datetime64[D]"
    )
    universe = Universe(
        tuple(
            Member(symbol, "", SECTORS[sector].name, ("IWV", "SP500"), equity=True)
            for symbol, sector in sorted(
                zip(market.companies.symbols, market.companies.sector, strict=True)
            )
            if symbol in table.symbols
        ),
        session,
        session,
    )
    panel = build_panel(table, window)
    calendar = CALENDAR[window[0] <= CALENDAR]
    inputs = ScanInputs(panel, universe, _earnings(market, session), calendar, "daily")
    return scan(inputs, rules)


def _earnings(market: SyntheticMarket, session: date) -> EarningsDates:
    told = market.reports
    names = np.array(market.companies.symbols)[told.row]
    timing = np.where(told.before_open, Timing.BEFORE_OPEN, Timing.AFTER_CLOSE)
    return earnings_dates(names, told.day, session, timing)


def signal_of(scene: Scene) -> tuple[Scan, Signal]:
    """The candidate that the scene shows, with its scan.

    Raises:
        LookupError: the strategy gives no candidate there.
    """
    found = scanned(scene.seed, scene.session)
    for one in found.candidates:
        asked = (scene.symbol, scene.strategy, scene.direction)
        if (one.symbol, one.strategy, one.direction) == asked:
            return found, one
    raise LookupError(
        f"{scene.strategy} has no candidate {scene.symbol} on {scene.session} with seed"
        f" {scene.seed}; choose another of --search {scene.strategy}"
    )


def about(scene: Scene) -> dict[str, object]:
    """What the picture was made from and shows; prices in USD to the cent."""
    found, signal = signal_of(scene)
    row = candidate(signal, found, shipped())
    prices = {name: row[name] for name in ("entry", "stop", "r1", "r2")}
    return {
        "strategy": scene.strategy,
        "direction": SIDES[scene.direction],
        "seed": scene.seed,
        "names": NAMES,
        "session": scene.session.isoformat(),
        "symbol": scene.symbol,
        **{name: None if usd is None else round(usd, 2) for name, usd in prices.items()},
    }


def picture(scene: Scene) -> str:
    """The text of the scene's file."""
    found, signal = signal_of(scene)
    row = candidate(signal, found, shipped())
    chart = daily_chart(measured(scene), subject_of(row, scene.name))
    days = {candle.at for candle in chart.candles[-CANDLES:]}
    lines = chart.lines
    if signal.strategy == AVWAP:
        lines = tuple(line for line in lines if line.points[0][0] in days)[: scene.averages]
    market = found.ground.market
    return svg(
        Sketch(
            head=f"{scene.title}: {scene.symbol}, {scene.session:%-d %B %Y}",
            under=f"made-up market, seed {scene.seed}; regime {market.regime}; "
            f"candidate {signal.rank} of {len(found.candidates)}; {CANDLES} sessions",
            told=f"{CANDLES} daily candles up to the signal day with averages; "
            + ", ".join(f"{level.name} {level.price:.2f}" for level in chart.levels),
            candles=chart.candles[-CANDLES:],
            lines=tuple(
                Line(line.name, line.tone, tuple(p for p in line.points if p[0] in days))
                for line in lines
            ),
            levels=chart.levels,
            study=study(found, signal),
            anchors=tuple(
                (line.points[0], f"anchor: {line.name}")
                for line in lines
                if signal.strategy == AVWAP
            ),
            foot=tuple(conditions(found, signal)),
            about=about(scene),
        )
    )


@lru_cache(maxsize=4)
def measured(scene: Scene) -> Measured:
    """The scene's market, measured for charts."""
    found = scanned(scene.seed, scene.session)
    ground = found.ground
    return measure(ground.panel, ground.reports.last, shipped(), ground.prices.kind)


def conditions(found: Scan, signal: Signal) -> Iterator[str]:
    """What held on the signal day, each with its figure."""
    if signal.strategy != AVWAP:
        for fire in found.fires[signal.strategy]:
            if fire.direction == signal.direction:
                for one in fire.conditions:
                    yield f"{one.name}: {float(one.measured[-1, signal.column]):.2f}"
        return
    told, d, rules = signal.metadata, signal.direction, shipped().anchors
    side = "above" if d > 0 else "below"
    yield f"close {abs(told['dist_pct']):.2f} % {side} its AVWAP {told['avwap']:.2f}"
    if told["reclaim_now"]:
        yield f"the close before was on the other side: {'reclaimed' if d > 0 else 'lost'}"
    yield f"AVWAP moved {told['avwap_slope_pct']:+.2f} % in {rules.slope_sessions} sessions"
    yield f"other valid anchors within {rules.confluence_pct:g} %: {told['confluence']}"


def study(found: Scan, signal: Signal) -> Study:
    """The number that the strategy looks at, over the sessions shown."""
    params: Any = shipped().strategies[signal.strategy].params
    columns = Columns(found.ground.panel, CANDLES, lookback(shipped()))

    def of(values: Floats) -> tuple[float | None, ...]:
        column = values[:, signal.column].tolist()
        return tuple(None if math.isnan(x) else x for x in column)

    match signal.strategy:
        case "rsi_mean_reversion":
            limit = params.long_rsi if signal.direction > 0 else params.short_rsi
            return Study("RSI(14)", of(columns.rsi()), (limit,))
        case "overbought_short":
            return Study("RSI(14)", of(columns.rsi()), (params.min_rsi,))
        case "adx_pullback":
            return Study("ADX(14)", of(columns.adx()), (params.min_adx,))
        case "bb_squeeze" | "regime_momentum":
            ratio = columns.width() / columns.width_mean(params.width_mean_sessions)
            limit = params.squeeze_ratio if signal.strategy == "bb_squeeze" else params.width_ratio
            return Study("band width: over its mean", of(ratio), (limit,))
    return Study("volume", of(found.ground.panel.volume[-CANDLES:]), bars=True)


def search(strategy: str) -> Iterator[str]:
    """Evenings on which the strategy gives a candidate, in markets of eight seeds."""
    for seed in range(1, 9):
        for day in sessions.sessions_between(FIRST, LAST)[::EVERY]:
            found = scanned(seed, day)
            for one in found.candidates:
                if one.strategy == strategy:
                    where = f"{seed} {day} {one.symbol} {SIDES[one.direction]}"
                    yield f"{where} rank {one.rank} score {one.score:.3f}"


def main() -> None:
    """Write every picture, or list where a strategy fires."""
    words = argparse.ArgumentParser()
    words.add_argument("--search", metavar="STRATEGY", choices=list(STRATEGIES))
    asked = words.parse_args()
    if asked.search:
        for line in search(asked.search):
            sys.stdout.write(line + "\n")
        return
    PICTURES.mkdir(exist_ok=True)
    for scene in SCENES:
        (PICTURES / f"{scene.name}.svg").write_text(picture(scene), encoding="utf-8")


if __name__ == "__main__":
    main()
