"""Ten earlier dates: what a scan of each finds, and what it costs."""

from __future__ import annotations

import time
from datetime import date

from avwap_cli.market import sessions
from avwap_cli.signals.scans import scan
from avwap_cli.stages.evening.scan_inputs import gather, read_earnings
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.trading.plans import DIRECTION_WORDS
from avwap_cli.use_cases.evening import request_scan
from avwap_cli.verdicts import Stage
from avwap_cli.wiring.desk import Choices, Desk
from bench.market import Market

DATES, EVERY = 10, 21


def earlier(market: Market) -> list[list[str]]:
    """One row per date: counts and seconds, the oldest first."""
    desk = Desk(Choices(home=market.home, now=market.now), {})
    last = sessions.last_completed(desk.clock.now())
    days = [sessions.offset(last, -EVERY * i) for i in range(DATES, 0, -1)]
    return [_row(desk, day, last) for day in days]


def _row(desk: Desk, day: date, last: date) -> list[str]:
    request = request_scan(desk, sessions.next_session(day), "daily")
    universe = read_universe(desk.store, sessions.next_session(last))
    began, cpu = time.perf_counter(), time.process_time()
    gathered = gather(request, universe, read_earnings(desk.data.earnings(), universe), desk.bars)
    found = scan(gathered.inputs, request.rules)
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    funnel = found.sides[1].funnel
    liquid = funnel.survivors(Stage.LIQUIDITY) & funnel.entered
    setups = funnel.alive & funnel.entered
    fired = [s for s in found.signals if s.fired]
    best = found.candidates[0] if found.candidates else None
    return [
        day.isoformat(),
        str(found.ground.market.regime),
        f"{int(liquid.sum()):,}",
        str(int(setups.sum())),
        str(len(fired)),
        str(len(found.candidates)),
        f"{best.symbol} {best.strategy} {DIRECTION_WORDS[best.direction]}" if best else "-",
        f"{wall:.2f}",
        f"{spent:.2f}",
    ]
