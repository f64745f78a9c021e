"""Books that open with positions and orders of an earlier life."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hand_tape import MON, TUE, HandTape, Scene, at

from avwap_cli.exchange.broker.inheritance import Inheritance
from avwap_cli.exchange.broker.orders import Order
from avwap_cli.exchange.protocol.snapshots import book_snapshot

CALM = [("09:30", 10.0, 100_000), ("09:31", 10.0, 100_000), ("15:59", 10.0, 100_000)]
DIP = [("09:30", 10.0, 100_000), ("10:00", 8.9, 100_000), ("15:59", 8.8, 100_000)]
TAPE = HandTape({"F": {MON: CALM, TUE: DIP}})


def heirs(orders: tuple[Order, ...], shares: int = 20) -> Scene:
    """Tuesday morning, with what Monday left."""
    scene = Scene(TAPE, "09:20", day=TUE, cash=Decimal(500))
    held = {"F": (Decimal(shares), Decimal(10))}
    scene.venue.inherit(Inheritance(held, orders, Decimal(700)))
    return scene


def monday() -> Scene:
    scene = Scene(TAPE, "09:30:01", cash=Decimal(700))
    scene.buy(20)
    scene.to("09:32").place("sell", 20, "stop", stop_price="9.00", tif="gtc")
    return scene.to("16:10")


def test_both_lives_are_one() -> None:
    first = monday()
    other = heirs(first.venue.orders())
    first.to("09:20", TUE)
    then, now = book_snapshot(first.venue), book_snapshot(other.venue)
    assert now["orders"] == then["orders"]
    assert [p["qty"] for p in now["positions"]] == ["20"]  # type: ignore[attr-defined]


def test_an_inherited_stop_is_hit() -> None:
    stop = monday().venue.orders()[-1]
    scene = heirs((stop,)).to("10:01")
    assert scene.status(stop) == "filled"
    assert scene.venue.position("F") is None
    assert scene.venue.last_equity == 700
    assert len(scene.venue.fills) == 1


def test_an_inherited_order_ends_with_its_life() -> None:
    stop = monday().venue.orders()[-1]
    scene = heirs((replace(stop, stop_price=Decimal(1), expires_at=at(TUE, "16:15")),))
    assert scene.to("16:14").status(stop) == "new"
    assert scene.to("16:16").status(stop) == "canceled"


def test_no_new_order_takes_the_id_of_an_old_one() -> None:
    old = monday().venue.orders()[:1]
    scene = heirs(old)
    new = scene.to("09:31").place("sell", 1)
    assert new.id not in {order.id for order in old}
    assert new.seq == len(old) + 1
    assert scene.venue.client_id_known(old[0].client_order_id)
