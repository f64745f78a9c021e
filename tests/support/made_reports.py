"""Made-up reports for tests of pages: as many candidates and candles as wanted, always the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.review.pages.report_records import (
    Assets,
    Held,
    RegimeDay,
    Report,
    Row,
    Slippage,
    Week,
    WeekDay,
)

SESSION = date(2024, 3, 4)
ASSETS = Assets(css="body{}", js="'the script'", library="'the library'")
HOSTILE = "<img src=x onerror=alert(1)>&\"'</script><script>alert(2)</script>"


def weekdays(last: date, count: int) -> list[date]:
    """That many weekdays up to `last`, oldest first."""

    def back() -> Iterator[date]:
        day = last
        while True:
            if day.weekday() < 5:
                yield day
            day -= timedelta(days=1)

    days = back()
    return sorted(next(days) for _ in range(count))


def candle(at: str, n: int, base: float) -> Candle:
    """A candle of a wave around a slow rise."""
    middle = base * (1 + 0.0012 * n + 0.06 * math.sin(n / 11) + 0.02 * math.sin(n / 2.3))
    body = base * 0.008 * math.sin(n * 1.7)
    return Candle(
        at,
        open=middle - body,
        high=middle + base * 0.012,
        low=middle - base * 0.012,
        close=middle + body,
        volume=1_000_000 + 400_000 * math.sin(n / 3),
    )


def daily(name: str = "c1", candles: int = 250, base: float = 70.0, title: str = "") -> Chart:
    """A daily chart with a winner, two competitors, levels and anchors."""
    days = [str(day) for day in weekdays(date(2024, 3, 1), candles)]
    bars = tuple(candle(at, n, base) for n, at in enumerate(days))
    last = bars[-1].close
    starts = (candles // 8, candles // 2, candles - 22)
    tones = (Tone.COMPETITOR, Tone.COMPETITOR, Tone.WINNER)
    lines = tuple(
        Line(
            f"AVWAP {n}",
            tone,
            tuple(
                (at, bars[start].close + (last - bars[start].close) * 0.6) for at in days[start:]
            ),
        )
        for n, (start, tone) in enumerate(zip(starts, tones, strict=True))
    )
    return Chart(
        name=name,
        title=title or f"{name}, daily, adjusted for splits",
        candles=bars,
        lines=lines,
        levels=(
            Level("entry", Tone.ENTRY, last * 0.995),
            Level("stop", Tone.STOP, last * 0.97),
            Level("R1", Tone.TARGET, last * 1.02),
            Level("R2", Tone.TARGET, last * 1.045),
        ),
        marks=(Mark(days[candles - 22], "MTD", Tone.ANCHOR, above=False),),
    )


def minutes(name: str = "m1", base: float = 50.0) -> Chart:
    """A minute chart of a whole session with an entry and an exit."""
    times = [f"2024-03-04T{9 + (30 + n) // 60:02d}:{(30 + n) % 60:02d}" for n in range(390)]
    return Chart(
        name=name,
        title=f"{name}, minutes of 2024-03-04, New York",
        candles=tuple(candle(at, n, base) for n, at in enumerate(times)),
        levels=(Level("stop", Tone.STOP, base * 0.97),),
        marks=(
            Mark(times[16], "bought 100", Tone.ENTRY, above=False),
            Mark(times[200], "trim_r1 50", Tone.EXIT, above=True),
        ),
    )


def candidate(rank: int, symbol: str) -> dict[str, Any]:
    """A candidate as scan.json has it."""
    return {
        "rank": rank,
        "symbol": symbol,
        "strategy": "avwap",
        "direction": "short" if rank % 5 == 0 else "long",
        "entry_group": "boh",
        "sector": "Energy",
        "prev_close": 70.77,
        "atr": 0.9,
        "score": 0.8 - rank / 100,
        "entry": 70.51,
        "stop": 69.24,
        "r1": 71.77,
        "r2": 73.03,
        "reward_risk": 1.48,
        "rs_63_pct": 21.9,
        "metadata": {
            "anchor": "MTD",
            "anchor_session": "2024-02-01",
            "avwap": 70.51,
            "avwap_slope_pct": 0.07,
            "dist_pct": 0.37,
            "tier": "A",
            "confluence": 2,
            "avwap_control": "bullish",
            "structure": "bearish",
        },
    }


def signal(row: Row) -> dict[str, Any]:
    """The candidate's line in all_signals."""
    parts = {"strength": 0.9, "weight": 0.8, "calm": 0.79, "volume": 0.31}
    return {"symbol": row["symbol"], "strategy": row["strategy"], "reason": None, **parts}


def scan(symbols: list[str]) -> dict[str, Any]:
    """A scan.json with those candidates."""
    rows = [candidate(n, symbol) for n, symbol in enumerate(symbols, start=1)]
    return {
        "as_of": "2024-03-01",
        "profile": "daily",
        "total_symbols_scanned": 2628,
        "total_signals_generated": len(rows) + 1,
        "quality": {"state": "clean", "reasons": []},
        "regime": {"name": "TREND", "direction": "up"},
        "notes": [],
        "funnel": [
            {"stage": "member", "kept": 2621, "dropped": {"not_equity": 5, "no_bars": 2}},
            {"stage": "liquidity", "kept": 1366, "dropped": {"price": 235, "share_volume": 1020}},
            {"stage": "levels", "kept": 95, "dropped": {"levels": 1271}},
        ],
        "funnel_short": None,
        "candidates": rows,
        "all_signals": [
            *map(signal, rows),
            {"symbol": "OUT", "strategy": "avwap", "reason": "sector_cap"},
        ],
    }


def made_report(candidates: int = 3, candles: int = 250, company: str = "Acme & Co") -> Report:
    """A report of a whole day."""
    symbols = [f"SY{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(candidates)]
    first = symbols[0]
    who = {"symbol": first, "strategy": "avwap", "direction": "long"}
    gap = {**who, "gap_frac": -0.0026, "status": "passed", "reason": None}
    days = weekdays(SESSION, 60)
    return Report(
        session=SESSION,
        entries={
            "halt": None,
            "orders": [
                {
                    **who,
                    "entry_group": "boh",
                    "shares": 126,
                    "filled_shares": 126,
                    "filled_avg_price": 70.97,
                    "status": "filled",
                    "refusal": None,
                }
            ],
            "denials": [],
        },
        exits={
            "exits": [
                {
                    **who,
                    "reason": "trim_r1",
                    "shares": 63,
                    "price": 71.76,
                    "decision_price": 71.75,
                }
            ],
            "unfilled": [],
        },
        trades=[
            {
                **who,
                "entry_session": "2024-02-28",
                "exit_session": "2024-03-04",
                "shares": 130,
                "entry_price": 76.8,
                "exit_price": 70.53,
                "pnl_usd": -815.1,
                "r_multiple": -2.19,
                "mfe_frac": 0.0014,
                "mae_frac": 0.0816,
                "reason": "emergency_stop",
            }
        ],
        equity=[
            {
                "session": str(day),
                "equity_usd": 100_000 * (1 + 0.02 * math.sin(n / 6)),
                "unit": 1 + 0.02 * math.sin(n / 6),
                "drawdown_frac": max(0.0, 0.02 - 0.02 * math.sin(n / 6)) / 1.02,
            }
            for n, day in enumerate(days)
        ],
        alerts=[
            {"kind": "entry", "page": False, "begins": False, "text": f"{first}: bought 126"},
            {"kind": "unprotected", "page": True, "begins": True, "text": "SYX is bare <now>"},
        ],
        account="paper account PA...42",
        scan=scan(symbols),
        gaps={"passed": [gap], "rejected": []},
        names=dict.fromkeys(symbols, company),
        regimes=[
            RegimeDay(day, *(("TREND", "up") if n > 20 else ("RANGING",)))
            for n, day in enumerate(days)
        ],
        charts={
            (symbol, "avwap"): daily(f"c{n}", candles, 40.0 + n)
            for n, symbol in enumerate(symbols, start=1)
        },
        minutes=(minutes("m1"), minutes("m2", 20.0)),
        held=(
            Held(
                symbol=first,
                strategy="avwap",
                direction="long",
                entry_session=SESSION,
                shares=63,
                avg_price=70.97,
                stop=69.25,
                target=73.03,
                last=71.5,
                last_at="the close",
                r=0.31,
                pnl_usd=33.39,
                held_sessions=0,
                max_hold_sessions=20,
            ),
        ),
        slippages=(
            Slippage(
                symbol=first,
                strategy="avwap",
                leg="entry",
                side="buy",
                shares=126,
                decision=70.95,
                arrival=70.96,
                fill=70.97,
                arrival_from="midpoint when sent",
                delay_usd=1.26,
                market_usd=1.26,
                cost_usd=2.52,
                cost_bps=2.82,
            ),
        ),
        warnings=("the scan knew too few report dates",),
        missing=("minute bars of SYX: no answer",),
    )


def made_week() -> Week:
    """A week of two sessions."""
    report = made_report(1)
    return Week(
        first=date(2024, 3, 1),
        last=SESSION,
        days=(
            WeekDay(date(2024, 3, 1), "RANGING", 12, 3, 0, 0.0, 100_500.0, 0.0, 4, 0),
            WeekDay(
                SESSION,
                None,
                None,
                1,
                1,
                -815.1,
                None,
                None,
                2,
                1,
                "sessions/2024-03-04/report.html",
            ),
        ),
        trades=report.trades,
        equity=report.equity,
        held=report.held,
        slippages=report.slippages,
    )
