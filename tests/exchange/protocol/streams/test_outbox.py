"""The outbox: each fault does to a message what it says, and to nothing else."""

from __future__ import annotations

import pytest

from avwap_cli.exchange.faults import Fault, FaultBox, FaultKind
from avwap_cli.exchange.instants import SECOND
from avwap_cli.exchange.protocol.streams.outbox import Outbox

NOON = 1_790_953_200 * SECOND


def outbox(kind: FaultKind | None = None, **rule: object) -> Outbox[str]:
    """An outbox whose message `bad` meets the fault."""
    rules = [] if kind is None else [Fault(kind, "iex bad", **rule)]  # type: ignore[arg-type]
    return Outbox(FaultBox(7, rules))


def put(box: Outbox[str], *names: str, second: float = 0) -> None:
    for name in names:
        box.put(NOON + round(second * SECOND), f"iex {name}", "SPY", name)


def sent(box: Outbox[str], second: float) -> list[tuple[float, str]]:
    until = NOON + round(second * SECOND)
    return [((at - NOON) / SECOND, name) for at, name in box.due(until)]


def test_messages_leave_at_their_instants_and_once() -> None:
    box = outbox()
    put(box, "late", second=2)
    put(box, "a", "b", second=1)
    assert sent(box, 0.5) == []
    assert sent(box, 1) == [(1, "a"), (1, "b")]
    assert sent(box, 9) == [(2, "late")]
    assert sent(box, 9) == []


def test_lost() -> None:
    box = outbox(FaultKind.LOST_EVENT)
    put(box, "a", "bad", "b")
    assert sent(box, 99) == [(0, "a"), (0, "b")]


def test_doubled() -> None:
    box = outbox(FaultKind.DUPLICATED_EVENT)
    put(box, "a", "bad", "b")
    assert sent(box, 99) == [(0, "a"), (0, "bad"), (0, "bad"), (0, "b")]


@pytest.mark.parametrize(("value", "seconds"), [(None, 30), ("2.5", 2.5), ("0", 0)])
def test_late(value: str | None, seconds: float) -> None:
    box = outbox(FaultKind.LATE_EVENT, value=value)
    put(box, "bad", "a")
    assert sent(box, 99) == sorted([(seconds, "bad"), (0, "a")], key=lambda item: item[0])


def test_reordered_changes_places_with_the_next_one() -> None:
    box = outbox(FaultKind.REORDERED_EVENT)
    put(box, "a", "bad")
    put(box, "b", "c", second=0.7)
    assert sent(box, 99) == [(0, "a"), (0.7, "b"), (0.7, "bad"), (0.7, "c")]


@pytest.mark.parametrize(("value", "waits"), [(None, 1), ("5", 5)])
def test_reordered_goes_alone_when_nothing_follows_in_time(value: str | None, waits: float) -> None:
    box = outbox(FaultKind.REORDERED_EVENT, value=value)
    put(box, "bad")
    assert sent(box, waits - 0.1) == []
    assert sent(box, waits) == [(waits, "bad")]


def test_reordered_does_not_depend_on_when_it_is_asked() -> None:
    box = outbox(FaultKind.REORDERED_EVENT)
    put(box, "bad")
    put(box, "b", second=3)
    assert sent(box, 99) == [(1, "bad"), (3, "b")]


def test_mute_keeps_what_came_before_in_the_same_instant() -> None:
    box = outbox(FaultKind.MUTE_SOCKET)
    put(box, "a", "bad", "b")
    put(box, "c", second=1)
    assert box.muted
    assert sent(box, 99) == [(0, "a")]
