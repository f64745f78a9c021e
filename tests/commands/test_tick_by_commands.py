"""tick, once a minute: starts what is due as programs of their own, and nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from trading_rig import DAY, candidate, clock_time, tape_of
from trading_street import TradingStreet, street_on

FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PATIENCE_S = 60.0


def within(true: Callable[[], bool]) -> bool:
    """Whether it becomes true while programs beside us work."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def ended(street: TradingStreet, stage: str, count: int = 1) -> bool:
    return within(lambda: len(street.records(stage)) >= count)


def log(street: TradingStreet) -> str:
    path = street.home / "outputs" / "logs" / "tick.log"
    return path.read_text() if path.exists() else ""


def test_a_day_by_ticks_alone(tmp_path: Path) -> None:
    with street_on(tmp_path, tape_of({"AAA": {DAY: FLAT}})) as street:
        street.plan(candidate("AAA", "rsi_mean_reversion"))
        assert street.told("tick")["body"]["started"] == ["enter-moo"]
        assert ended(street, "enter-moo"), log(street)
        assert [o.split(".")[-2] for o in street.orders()] == ["entry"]
        assert street.told("tick")["body"]["started"] == []
        body = {"trade_session": DAY, "positions": [], "notes": []}
        street.store.write_json(DAY, "exits_planned.json", "avwap.exits_planned/1.0", body)
        street.to("09:30:05")
        assert street.told("tick")["body"]["started"] == ["monitor"]
        assert ended(street, "monitor"), log(street)
        assert street.records("monitor") == ["done"]
        assert [o.split(".")[-2] for o in street.orders()] == ["entry", "stop"]
        assert street.exchange.now() >= clock_time("16:00")
        street.to("16:15")
        assert street.told("tick")["body"]["started"] == ["report"]
        assert ended(street, "report"), log(street)
        assert (street.store.folder(DAY) / "report.html").is_file()
        last = street.told("tick")
        assert last["body"]["started"] == []
        missed = [row["stage"] for row in last["body"]["missed"]]
        assert missed == ["enter-confirm", "enter-boh"], "the evening was before its first run"
        said = [line for line in log(street).splitlines() if not line.startswith("warning: ")]
        assert said == [], "programs that go well say what they tell people, and no more"
