"""Ranking: conflicts, one signal per symbol, caps in order, and laws over random signals."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.signals import ranking
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.rules import ScanRules
from avwap_cli.verdicts import Reason


def signal(
    symbol: str, score: float, *, strategy: str = "s", sector: str = "x", direction: int = 1
) -> Signal:
    return Signal(
        symbol=symbol,
        strategy=strategy,
        sector=sector,
        direction=direction,
        column=0,
        raw_strength=score,
        strength=score,
        weight=1.0,
        calm=1.0,
        volume=1.0,
        score=score,
        fired=True,
    )


def left_out(signals: list[Signal], rules: ScanRules) -> dict[tuple[str, str], str | None]:
    return {
        (s.symbol, s.strategy): None if s.reason is None else str(s.reason)
        for s in ranking.rank(signals, rules.ranking)
    }


def test_both_directions_in_one_symbol_cancel(scan_rules: ScanRules) -> None:
    seen = left_out(
        [signal("A", 0.9, strategy="p"), signal("A", 0.8, strategy="q", direction=-1)], scan_rules
    )
    assert seen == {("A", "p"): "conflict", ("A", "q"): "conflict"}


def test_a_direction_that_a_gate_dropped_makes_no_conflict(scan_rules: ScanRules) -> None:
    dropped = replace(signal("A", 0.8, strategy="q", direction=-1), reason=Reason.PRICE)
    seen = left_out([signal("A", 0.9, strategy="p"), dropped], scan_rules)
    assert seen == {("A", "p"): None, ("A", "q"): "price"}


def test_a_symbol_left_out_by_a_cap_does_not_try_its_other_signal(scan_rules: ScanRules) -> None:
    first = [signal(f"B{i}", 0.9 - i / 100, strategy="p", sector=f"t{i}") for i in range(3)]
    seen = left_out(
        [*first, signal("A", 0.8, strategy="p"), signal("A", 0.7, strategy="q")], scan_rules
    )
    assert seen[("A", "p")] == "strategy_cap"
    assert seen[("A", "q")] == "other_signal_of_symbol"


def test_the_sector_cap_is_tried_before_the_strategy_cap(scan_rules: ScanRules) -> None:
    seen = left_out([signal(f"A{i}", 0.9 - i / 100) for i in range(4)], scan_rules)
    assert seen[("A3", "s")] == "sector_cap"


def test_at_most_four_shorts(scan_rules: ScanRules) -> None:
    many = [
        signal(f"A{i}", 0.9 - i / 100, strategy=f"p{i}", sector=f"t{i}", direction=-1)
        for i in range(5)
    ]
    assert left_out(many, scan_rules)[("A4", "p4")] == "short_cap"


def test_ties_go_to_strength_then_symbol(scan_rules: ScanRules) -> None:
    a, b = signal("B", 0.5), signal("A", 0.5)
    stronger = replace(signal("C", 0.5), strength=0.9)
    assert [s.symbol for s in ranking.rank([a, b, stronger], scan_rules.ranking)] == ["C", "A", "B"]


def test_parts_of_the_score(scan_rules: ScanRules) -> None:
    rules = scan_rules.ranking
    calm = ranking.calm_part(np.array([0.015, 0.09, np.nan]), rules)
    assert calm == pytest.approx([0.75, 0.0, 0.0])
    volume = ranking.volume_part(np.array([1.5, 9.0, np.nan]), rules)
    assert volume == pytest.approx([0.5, 1.0, 0.0])
    score = ranking.score(np.array([1.0]), 0.5, calm[:1], volume[:1], rules)
    assert score == pytest.approx([0.5 + 0.1 + 0.1125 + 0.075])


def test_strength_is_the_place_in_the_reference() -> None:
    reference = [float(x) for x in range(0, 110, 10)]
    seen = ranking.strength(np.array([-5.0, 25.0, 1e9]), reference)
    assert seen == pytest.approx([0.0, 0.25, 1.0])


SIGNALS = st.lists(
    st.builds(
        signal,
        st.sampled_from([f"N{i}" for i in range(12)]),
        st.integers(0, 20).map(lambda i: i / 20),
        strategy=st.sampled_from("pqrst"),
        sector=st.sampled_from(["e", "f", "g", "h", "i", "j"]),
        direction=st.sampled_from([1, -1]),
    ),
    max_size=40,
    unique_by=lambda s: (s.symbol, s.strategy, s.direction),
)


@given(SIGNALS, st.randoms(use_true_random=False))
def test_laws_of_ranking(scan_rules: ScanRules, signals: list[Signal], random: object) -> None:
    rules = scan_rules.ranking
    result = ranking.rank(signals, rules)
    shuffled = signals.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranking.rank(shuffled, rules) == result
    kept = [s for s in result if s.rank is not None]
    assert len(result) == len(signals)
    assert [s.rank for s in kept] == list(range(1, len(kept) + 1))
    assert [s.score for s in kept] == sorted((s.score for s in kept), reverse=True)
    assert max(Counter(s.symbol for s in kept).values(), default=0) <= 1
    assert max(Counter(s.sector for s in kept).values(), default=0) <= rules.max_per_sector
    assert max(Counter(s.strategy for s in kept).values(), default=0) <= rules.max_per_strategy
    assert sum(s.direction < 0 for s in kept) <= rules.max_shorts
    assert len(kept) <= rules.max_candidates
    assert all((s.reason is None) == (s.rank is not None) for s in result)
