"""The schedule: the one order of what happens at one instant."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.schedule import Due, Kind, Schedule


def taken(schedule: Schedule, until: int = 100) -> list[Due]:
    found = []
    while (due := schedule.take(until)) is not None:
        found.append(due)
    return found


def test_at_one_instant_the_cross_the_session_triggers_by_age_and_effects() -> None:
    noted = [
        (Due(5, Kind.CANCEL, "first asked"), 0),
        (Due(5, Kind.TRIGGER, "younger"), 2),
        (Due(5, Kind.CLOSE), 0),
        (Due(5, Kind.ARRIVAL, "then asked"), 0),
        (Due(5, Kind.TRIGGER, "older"), 1),
        (Due(5, Kind.CLOSING_CROSS, "cls"), 3),
    ]
    schedule = Schedule()
    for due, place in noted:
        schedule.add(due, place)
    assert [due.order_id or due.kind for due in taken(schedule)] == [
        "cls",
        Kind.CLOSE,
        "older",
        "younger",
        "first asked",
        "then asked",
    ]


def test_triggers_do_not_depend_on_when_they_were_noted() -> None:
    dues = [(Due(5, Kind.TRIGGER, str(place)), place) for place in range(4)]
    for noted in permutations(dues):
        schedule = Schedule()
        for due, place in noted:
            schedule.add(due, place)
        assert [due.order_id for due in taken(schedule)] == ["0", "1", "2", "3"]


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_what_is_due_later_stays(times: list[int], until: int) -> None:
    schedule = Schedule()
    for at in times:
        schedule.add(Due(at, Kind.ARRIVAL))
    assert [due.at for due in taken(schedule, until)] == sorted(at for at in times if at <= until)
    assert [due.at for due in taken(schedule)] == sorted(at for at in times if at > until)
