"""A stop that the broker goes on refusing: told, tried ever less often, and nobody kept busy."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from trading_rig import DAY, Rig, candidate, tape_of

REFUSED = "refuse@POST /v2/orders,value=insufficient-qty,after=09:30"


def bare_all_day(folder: Path) -> Rig:
    """A position whose every stop is refused."""
    tape = tape_of({"AAA": {DAY: [("09:30", 100.0), ("16:00", 101.0)]}})
    rig = Rig(folder, tape, start="09:26", faults=[REFUSED])
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    return rig


def test_the_waits_grow_to_fifteen_pauses(tmp_path: Path) -> None:
    rig = bare_all_day(tmp_path)
    rig.monitor()
    stops = [o for o in rig.book.orders.values() if o.leg == "stop" and o.sent_at is not None]
    times = [o.sent_at for o in stops if o.sent_at is not None and o.sent_at.hour < 21]
    waits = [round((b - a).total_seconds() / 60) for a, b in pairwise(times)]
    assert waits[:2] == [0, 0]
    assert waits[2:7] == [1, 2, 4, 8, 15]
    assert set(waits[7:]) == {15}


def test_once_told_it_is_looked_at_as_often_as_any_other(tmp_path: Path) -> None:
    rig = bare_all_day(tmp_path)
    outcome = rig.monitor()
    pages = [n for n in rig.book.notices if n.kind == "unprotected" and n.page]
    assert [n.begins for n in pages] == [True]
    # 09:26 to 16:10 each 20 s are 1,212; all of them each 2 s would be 12,120
    assert outcome.counts["passes"] < 2_500
