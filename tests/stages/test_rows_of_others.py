"""What the broker shows of others, or shows wrong, does not keep a pass from its work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, Rig, candidate, clock_time, tape_of

from avwap_cli.errors import BrokerUnclear
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.stages.day.broker_reading import read_view

FALLING = {"AAA": {DAY: [("09:30", 100.0), ("09:50", 100.0), ("09:55", 80.0), ("16:00", 80.0)]}}
POSITIONS, FILLS = "/v2/positions", "/v2/account/activities/FILL"
POSITION: dict[str, Any] = {
    "symbol": "ZZZ",
    "asset_class": "us_equity",
    "side": "long",
    "qty": "5",
    "avg_entry_price": None,
    "current_price": "10",
}
FILL: dict[str, Any] = {
    "id": "20261123143500000::zz",
    "activity_type": "FILL",
    "transaction_time": "2026-11-23T14:35:00Z",
    "order_id": "zz",
    "symbol": "ZZZ",
    "side": "buy",
    "qty": "1",
    "price": None,
}


def entered(folder: Path) -> Rig:
    rig = Rig(folder, tape_of(FALLING), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.watch_until("09:36")
    return rig


def changed(rig: Rig, path: str, change: Callable[[list[Any]], None]) -> None:
    """The exchange's lists at that path are changed from now on."""
    plain = rig.exchange.handle

    def handle(request: Request) -> Answer:
        answer = plain(request)
        if request.method != "GET" or request.path != path:
            return answer
        rows = json.loads(answer.body)
        change(rows)
        return replace(answer, body=json.dumps(rows).encode())

    rig.exchange.handle = handle  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (POSITIONS, POSITION),
        (POSITIONS, {**POSITION, "asset_class": "us_option", "qty": None}),
        (FILLS, FILL),
        (FILLS, {**FILL, "price": "1", "order_id": None}),
        (FILLS, {**FILL, "price": "1", "side": None}),
    ],
    ids=["no average", "an option", "no price", "no order", "no side"],
)
def test_a_row_of_somebody_else_keeps_no_stop_from_its_work(
    tmp_path: Path, path: str, row: dict[str, Any]
) -> None:
    rig = entered(tmp_path)
    changed(rig, path, lambda rows: rows.append(row))
    rig.watch_until("09:57")
    assert (rig.held("AAA"), rig.book.open) == (0, ())
    assert [n.text for n in rig.told.notices if n.page] == []


@pytest.mark.parametrize(
    "damage",
    [{"price": "0"}, {"qty": "0"}, {"transaction_time": "0001-01-01T00:00:00Z"}],
    ids=["no price", "no shares", "no time"],
)
def test_a_fill_of_ours_that_cannot_be_is_not_written_down(
    tmp_path: Path, damage: dict[str, str]
) -> None:
    rig = Rig(tmp_path, tape_of(FALLING), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:31")
    plain = rig.exchange.handle
    changed(rig, FILLS, lambda rows: [row.update(damage) for row in rows] and None)
    with pytest.raises(BrokerUnclear, match=next(iter(damage))):
        rig.monitor(once=True)
    assert rig.ledger.facts().fills == []
    rig.exchange.handle = plain  # type: ignore[method-assign]
    rig.watch_until("09:33")
    assert [p.shares for p in rig.book.open] == [100]


def test_a_fill_that_bears_a_time_to_come_hides_no_later_one(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tape_of(FALLING), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:31")
    plain = rig.exchange.handle
    later = {"transaction_time": "2027-11-23T14:30:00Z"}
    changed(rig, FILLS, lambda rows: [row.update(later) for row in rows] and None)
    rig.monitor(once=True)
    rig.exchange.handle = plain  # type: ignore[method-assign]
    assert [f.at.year for f in rig.book.fills.values()] == [2027]
    now = clock_time("09:31")
    view = read_view(rig.ports().broker, rig.book, DAY, now, None)
    assert [f.at.year for f in view.fills] == [2026]
