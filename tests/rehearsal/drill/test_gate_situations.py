"""Each gate of the registry is missed by the drill, by its name, when it is out of order."""

from __future__ import annotations

from typing import Any

import pytest

from avwap_cli.errors import UNHEALTHY
from avwap_cli.rehearsal.drill import gate_situations
from avwap_cli.rehearsal.drill.bystanders import Silent
from avwap_cli.rehearsal.drill.rounds import run_drill
from avwap_cli.trading import entry_gates
from avwap_cli.verdicts import Gate

SENT = "the order came to the exchange"


def registry(monkeypatch: pytest.MonkeyPatch, checks: dict[Any, Any]) -> None:
    monkeypatch.setattr(entry_gates, "CHECKS", checks)


def pulled(name: str) -> tuple[bool, str, int]:
    outcome = run_drill([name], Silent())
    (row,) = outcome.body["brakes"]
    assert row["name"] == name
    assert outcome.body["failed"] == ([] if row["held"] else [name])
    return row["held"], row["happened"], outcome.exit_code


def test_every_gate_of_the_registry_has_a_situation() -> None:
    assert list(gate_situations.SITUATIONS) == list(entry_gates.CHECKS) == list(Gate)


@pytest.mark.parametrize("gate", list(entry_gates.CHECKS))
def test_a_gate_that_is_not_asked_fails_the_drill(
    monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    registry(monkeypatch, {g: check for g, check in entry_gates.CHECKS.items() if g is not gate})
    assert pulled(gate) == (False, SENT, UNHEALTHY)


def test_a_gate_that_always_says_yes_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    registry(monkeypatch, {**entry_gates.CHECKS, Gate.GAP: lambda *_: None})
    assert pulled("gap") == (False, SENT, UNHEALTHY)


def test_a_gate_that_always_says_no_closes_the_open_road(monkeypatch: pytest.MonkeyPatch) -> None:
    registry(monkeypatch, {**entry_gates.CHECKS, Gate.NO_ROOM: lambda *_: ("1", "2")})
    assert pulled("open-road-moo") == (False, "0 order sent, denied by no_room", UNHEALTHY)


def test_another_gate_is_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    registry(monkeypatch, {**entry_gates.CHECKS, Gate.CLOCK: lambda *_: ("1", "2")})
    assert pulled("gap") == (False, "no order, but denied by clock", UNHEALTHY)


def test_a_gate_without_a_situation_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {g: s for g, s in gate_situations.SITUATIONS.items() if g is not Gate.MAX_NEW}
    monkeypatch.setattr(gate_situations, "SITUATIONS", fewer)
    assert pulled("max_new") == (False, "not tried, so nobody knows", UNHEALTHY)


def test_a_new_gate_of_the_registry_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    registry(monkeypatch, {**entry_gates.CHECKS, "of_tomorrow": lambda *_: None})
    assert pulled("of_tomorrow") == (False, "not tried, so nobody knows", UNHEALTHY)
