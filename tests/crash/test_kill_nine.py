"""A real process is killed with -9 at the worst moment of each of the six, and started again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from crash_scenarios import (
    CrashRig,
    at_first_target,
    at_target,
    before_open,
    filled,
    next_morning,
    to_flatten,
)
from real_programs import changes, killed, order_of, ran

from avwap_cli.exchange.protocol.messages import Request

ENTER = ("enter", "--group", "moo")
MONITOR = ("monitor",)
BOTH = {"AAA": Decimal(100), "BBB": Decimal(-65)}
HALVES = {"AAA": Decimal(41), "BBB": Decimal(-27)}
GONE: dict[str, Decimal] = {}

MOMENTS = [
    ("entry", before_open, ENTER, ".entry.", BOTH),
    ("protect", filled, MONITOR, ".stop.", BOTH),
    ("stop-move", next_morning, MONITOR, ".stop.", BOTH),
    ("trim", at_first_target, MONITOR, ".trim1.", HALVES),
    ("exit", at_target, MONITOR, ".exit.", GONE),
    ("flatten", to_flatten, MONITOR, "DELETE", GONE),
]


def is_it(request: Request, what: str) -> bool:
    return changes(request) and (what == request.method or what in order_of(request))


def killed_and_restarted(
    rig: CrashRig, words: Sequence[str], what: str, *, answered: bool
) -> dict[str, Decimal]:
    """What is held after the kill, one more real run and the passes until all is quiet."""
    if rig.halt != "none":
        (rig.folder / "HALT").write_text(rig.halt)
    rig.ledger.close()
    code = killed(rig, words, lambda request: is_it(request, what), answered)
    assert code == -signal.SIGKILL
    again = words if words == ENTER else (*words, "--once")
    code, said = ran(rig, *again)
    assert code in {0, 8}, said
    rig.ledger = rig._ledger()
    if words == ENTER:
        rig.to("09:30:02")
    rig.until_quiet()
    assert rig.violations() == []
    return rig.holdings()


@pytest.mark.stress
@pytest.mark.parametrize(
    ("name", "prepare", "words", "what", "left"), MOMENTS, ids=[m[0] for m in MOMENTS]
)
def test_killed_when_it_was_done(
    name: str,
    prepare: Callable[[Path], CrashRig],
    words: Sequence[str],
    what: str,
    left: dict[str, Decimal],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    rig = prepare(tmp_path)
    assert killed_and_restarted(rig, words, what, answered=True) == left
    record_property("counted", {"killed with -9": {f"{name}, request done, answer lost": 1}})


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "prepare", "words", "what", "left"), MOMENTS, ids=[m[0] for m in MOMENTS]
)
def test_killed_before_it_was_done(
    name: str,
    prepare: Callable[[Path], CrashRig],
    words: Sequence[str],
    what: str,
    left: dict[str, Decimal],
    tmp_path: Path,
) -> None:
    rig = prepare(tmp_path)
    assert killed_and_restarted(rig, words, what, answered=False) == left
