"""The program may die at any touch of the world: what it left is taken up and made good.

Each scenario is played once to count its crash points, then once for each of them in a copy
of the process.  Points between which neither broker nor files nor time changed are one and
the same to a restarted program and are played once; `soak` plays them all.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from crash_points import Recorder, forked
from crash_scenarios import SCENARIOS, CrashRig, Scenario
from real_programs import changes

from avwap_cli.exchange.protocol.messages import Answer, Fate, Request

MANY = 25
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
@pytest.mark.parametrize(
    "step", [3, pytest.param(1, marks=pytest.mark.stress)], ids=["every-third", "every"]
)
def test_dies_anywhere(
    scenario: Scenario, step: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    played = Played(scenario, tmp_path)
    (_, held, broken), counted = played.play()
    assert not broken
    assert len(counted.places) >= scenario.fewest
    restarted = counted.worlds[::step]
    outlived(played, restarted, counted.places, held)
    lines = {
        f"{scenario.name}: crash points": len(counted.places),
        f"{scenario.name}: different worlds left": len(counted.worlds),
        f"{scenario.name}: restarted of them": len(restarted),
    }
    record_property("counted", {"crash points": lines})


LOST = ("504-after-accept", "reset-after-accept", "hang-after-accept")
NOT_DONE = ("hang", "reset", "500", "429")
CHANGES = "[PD]* /v2/orders*"


def ends_of(scenario: Scenario) -> list[str]:
    """Each end a request can have, for each request that changes something."""
    kinds, changes = (*LOST, *NOT_DONE), range(1, scenario.changes + 1)
    return [f"{kind}@{CHANGES},nth={n}" for n in changes for kind in kinds]


def end_badly(played: Played, faults: Sequence[str]) -> None:
    """Play with each of these faults; what is left in the end must be what it is without."""
    (_, held, _), _ = played.play()
    failed = []
    for fault in faults:
        try:
            (_, left, broken), _ = played.play(fault=fault)
        except AssertionError as problem:
            failed.append(f"{fault}: {problem}")
            continue
        if broken or left != held:
            failed.append(f"{fault}: held {left}; {broken}")
    assert not failed, "\n".join(failed)


@pytest.mark.stress
@EACH
def test_answers_get_lost(
    scenario: Scenario, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each request that changes something meets two ends in turn; each end meets three at once."""
    in_turn = [
        f"{kinds[n % len(kinds)]}@{CHANGES},nth={n + 1}"
        for n in range(scenario.changes)
        for kinds in (LOST, NOT_DONE)
    ]
    faults = [*in_turn, *(f"{kind}@{CHANGES},times=3" for kind in (*LOST, *NOT_DONE))]
    end_badly(Played(scenario, tmp_path), faults)
    lines = {f"{scenario.name}: answers lost, or requests not done": len(faults)}
    record_property("counted", {"crash points": lines})


@pytest.mark.soak
@EACH
def test_every_answer_gets_lost_in_every_way(scenario: Scenario, tmp_path: Path) -> None:
    end_badly(Played(scenario, tmp_path), ends_of(scenario))


class SlowWire:
    """Brings one request to the exchange long after its sender gave it up.

    Args:
        number: which of the requests that change something, from 0.
        late_s: virtual seconds.
    """

    def __init__(self, rig: CrashRig, number: int, late_s: float) -> None:
        self.rig, self.number, self.late_s = rig, number, late_s
        self.handle = rig.exchange.handle
        self.kept: Request | None = None
        self.due = rig.exchange.now()
        self.seen = 0
        rig.exchange.handle = self._handle  # type: ignore[method-assign]

    def _handle(self, request: Request) -> Answer:
        self.deliver()
        if changes(request):
            self.seen += 1
            if self.seen == self.number + 1:
                self.kept = request
                self.due = self.rig.exchange.now() + timedelta(seconds=self.late_s)
                return Answer(504, fate=Fate.HANG)
        return self.handle(request)

    def deliver(self) -> None:
        if self.kept is not None and self.rig.exchange.now() >= self.due:
            kept, self.kept = self.kept, None
            self.handle(kept)


LATE_S = (8.0, 21.0, 100.0)  # before it counts as absent, about then, and long after


def arrived_late(played: Played, number: int, late_s: float) -> list[str]:
    """What is wrong once the late request has come and all is quiet."""
    rig, folder = played.rig, played.folder / f"{number}-{late_s}"
    rig.moved_to(folder)
    wire = SlowWire(rig, number, late_s)
    played.scenario.play(rig, Recorder())
    assert wire.seen > number
    if wire.kept is not None:
        rig.exchange.step_to(max(wire.due, rig.exchange.now()))
        wire.deliver()
        rig.until_quiet()
    shutil.rmtree(folder)
    return rig.violations()


@pytest.mark.stress
@EACH
def test_requests_arrive_late(
    scenario: Scenario, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A request without an answer comes to the broker after all: it is ours, and made good."""
    played = Played(scenario, tmp_path)
    cases = [(number, late_s) for number in range(scenario.changes) for late_s in LATE_S]
    failed = []
    for number, late_s in cases:
        try:
            broken = forked(partial(arrived_late, played, number, late_s))
        except AssertionError as problem:
            broken = [str(problem)]
        if broken:
            failed.append(f"request {number}, {late_s:g} s late: {broken}")
    assert not failed, "\n".join(failed)
    record_property("counted", {"crash points": {f"{scenario.name}: came late": len(cases)}})


def dies_often(played: Played, seed: int) -> tuple[Mapping[str, Any], list[str]]:
    """Die several times, at random, with answers lost between; then what is left."""
    chance = random.Random(seed)
    rig, folder = played.rig, played.folder / f"often{seed}"
    rig.moved_to(folder)
    for kind in chance.sample((*LOST, *NOT_DONE), 3):
        rig.exchange.fault(f"{kind}@{CHANGES},nth={chance.randint(1, 4)}")
    for act in played.scenario.acts:
        for _ in range(chance.randint(0, 3)):
            if not rig.recorded(partial(act, rig), Recorder(chance.randint(0, 90))):
                break
            rig.reopen()
            rig.exchange.step(chance.choice((0.5, 3.0, 15.0)))
    for act in played.scenario.acts:
        act(rig)
    rig.until_quiet()
    return played.scenario.outcome(rig), rig.violations()


@pytest.mark.soak
@EACH
def test_dies_again_and_again(scenario: Scenario, tmp_path: Path) -> None:
    played = Played(scenario, tmp_path)
    (_, held, _), _ = played.play()
    failed = []
    for seed in range(MANY):  # an entry that never got through in time is given up
        try:
            left, broken = forked(partial(dies_often, played, seed))
        except AssertionError as problem:
            left, broken = held, [str(problem)]
        given_up = not scenario.is_exact and left.items() <= held.items()
        if broken or not (left == held or given_up):
            failed.append(f"seed {seed}: held {left}; {broken}")
    assert not failed, "\n".join(failed)


@pytest.mark.soak
@EACH
def test_dies_everywhere(scenario: Scenario, tmp_path: Path) -> None:
    played = Played(scenario, tmp_path)
    (_, held, _), counted = played.play()
    outlived(played, range(len(counted.places)), counted.places, held)
