"""The program may die at any touch of the world: what it left is taken up and made good.

Each scenario is played once to count its crash points, then once for each of them in a copy
of the process.  Points between which neither broker nor files nor time changed are one and
the same to a restarted program and are played once; `soak` plays them all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from crash_points import Recorder, forked
from crash_scenarios import SCENARIOS, CrashRig, Scenario

PAUSES_S = (3.0, 70.0)  # as quick as a restart can be, and what tick needs

Told = tuple[bool, Mapping[str, Any], list[str]]
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name.replace(" ", "-"))


class Played:
    """A scenario, ready to be played again and again from the same moment."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder = scenario, folder
        self.rig = scenario.prepare(folder / "home")
        self.rig.ledger.close()
        self.number = 0

    def play(
        self, dies_at: int | None = None, pause_s: float = 3.0, fault: str | None = None
    ) -> tuple[Told, Recorder]:
        """In a copy of this process."""
        self.number += 1
        folder = self.folder / str(self.number)
        try:
            return forked(partial(self._played, folder, dies_at, pause_s, fault))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _played(
        self, folder: Path, dies_at: int | None, pause_s: float, fault: str | None
    ) -> tuple[Told, Recorder]:
        rig = self.rig
        rig.moved_to(folder)
        recorder = Recorder(dies_at, rig.world if dies_at is None else None)
        if fault is not None:
            rig.exchange.fault(fault)
        died = self.scenario.play(rig, recorder, pause_s)
        recorder.world = None
        assert fault is None or rig.exchange.context.faults.fired, f"{fault} met no request"
        return (died, self.scenario.outcome(rig), rig.violations()), recorder


def outlived(played: Played, points: Sequence[int], places: Sequence[str], wanted: object) -> None:
    """Die at each of these points; what is left in the end must be what it is without."""
    failed: list[str] = []
    for number, point in enumerate(points):
        pause = PAUSES_S[number % len(PAUSES_S)]
        try:
            (died, held, broken), _ = played.play(point, pause)
        except AssertionError as problem:
            failed.append(f"{point} {places[point]}, {pause:g} s: {problem}")
            continue
        assert died, f"the program no longer gets to point {point}"
        if broken or held != wanted:
            failed.append(f"{point} {places[point]}, {pause:g} s: held {held}; {broken}")
    assert not failed, "\n".join(failed)


@EACH
def test_dies_anywhere(
    scenario: Scenario, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    played = Played(scenario, tmp_path)
    (_, held, broken), counted = played.play()
    assert not broken
    assert len(counted.places) >= scenario.fewest
    outlived(played, counted.worlds, counted.places, held)
    lines = {
        f"{scenario.name}: crash points": len(counted.places),
        f"{scenario.name}: different worlds left, each restarted": len(counted.worlds),
    }
    record_property("counted", {"crash points": lines})


LOST = ("504-after-accept", "reset-after-accept", "hang-after-accept")
NOT_DONE = ("hang", "reset", "500", "429")
CHANGES = "[PD]* /v2/orders*"


@EACH
def test_answers_get_lost(
    scenario: Scenario, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each request that changes something meets each end a request can have."""
    played = Played(scenario, tmp_path)
    (_, held, _), _ = played.play()
    failed, faults = [], []
    for kind in (*LOST, *NOT_DONE):
        faults += [f"{kind}@{CHANGES},nth={n + 1}" for n in range(scenario.changes)]
        faults.append(f"{kind}@{CHANGES},times=3")
    for fault in faults:
        try:
            (_, left, broken), _ = played.play(fault=fault)
        except AssertionError as problem:
            failed.append(f"{fault}: {problem}")
            continue
        if broken or left != held:
            failed.append(f"{fault}: held {left}; {broken}")
    assert not failed, "\n".join(failed)
    lines = {f"{scenario.name}: answers lost, or requests not done": len(faults)}
    record_property("counted", {"crash points": lines})


@pytest.mark.soak
@EACH
def test_dies_everywhere(scenario: Scenario, tmp_path: Path) -> None:
    played = Played(scenario, tmp_path)
    (_, held, _), counted = played.play()
    outlived(played, range(len(counted.places)), counted.places, held)
