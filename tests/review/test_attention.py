"""What is to be looked at first: unhealthy stages, and positions that no stop protects."""

from __future__ import annotations

from typing import Any

from avwap_cli.review.attention import attention
from avwap_cli.review.stage_states import StageState


def row(symbol: str, *, stops: int = 1, to_stop: float | None = 0.02, **changes: Any) -> Any:
    made = {"symbol": symbol, "strategy": "avwap", "direction": "long"}
    return {**made, "stops": stops, "to_stop_frac": to_stop, **changes}


def test_each_unhealthy_state_has_a_sentence_with_its_stages() -> None:
    stages = [
        ("scan", StageState.DONE), ("gapfilter", StageState.MISSING),
        ("enter-moo", StageState.MISSING), ("monitor", StageState.OVERDUE),
        ("report", StageState.NOT_YET),
    ]  # fmt: skip
    assert attention(stages, []) == ("overdue: monitor", "missing: gapfilter, enter-moo")


def test_a_position_without_a_stop_or_beyond_it_is_named() -> None:
    rows = [
        row("AAA"), row("BBB", stops=0, to_stop=None), row("CCC", to_stop=-0.012),
        row("DDD", to_stop=-0.004, direction="short"), row("EEE", stops=2, to_stop=None),
    ]  # fmt: skip
    assert attention([], rows) == (
        "BBB (avwap) has no stop",
        "CCC (avwap) is below its stop by 1.2%",
        "DDD (avwap) is above its stop by 0.4%",
    )
