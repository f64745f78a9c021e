"""Frozen plans: a plan carries its strategy's weight in the regime that the scan found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, RULES, Rig, candidate, tape_of

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.signals.regime import Regime
from avwap_cli.stages.day.frozen_plans import read_frozen

WEIGHTS = RULES.rules.regime.weights
TAPE = tape_of({"AAA": {DAY: [("09:30", 100), ("16:00", 100)]}})


def weight_in(folder: Path, regime: Any) -> float:
    """The weight that avwap's plan gets where scan.json tells that regime."""
    rig = Rig(folder, TAPE)
    rig.plan(candidate("AAA", "avwap"))
    store = ArtifactFiles(folder / "outputs")
    scan = {**store.read_json(DAY, "scan.json"), "regime": regime}
    store.write_json(DAY, "scan.json", scan.pop("schema"), scan)
    frozen = read_frozen(store, DAY, "boh", RULES.rules.strategies, WEIGHTS)
    return float(frozen.plans[0].weight)


@pytest.mark.parametrize("regime", list(Regime))
def test_every_regime_of_the_scan_has_its_weights(regime: Regime, tmp_path: Path) -> None:
    told: dict[str, Any] = {"name": regime.family, "direction": regime.direction, "numbers": {}}
    assert weight_in(tmp_path, told) == WEIGHTS[regime]["avwap"] > 0


@pytest.mark.parametrize("told", [None, {"name": None, "direction": None, "numbers": {}}])
def test_where_the_scan_could_not_tell_the_uncertain_ones_serve(told: Any, tmp_path: Path) -> None:
    assert weight_in(tmp_path, told) == WEIGHTS["UNCERTAIN"]["avwap"]
