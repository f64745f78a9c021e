"""What enter asks of the broker while it only waits for a fill."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.exchange.protocol.messages import Answer, Request

# two questions a pass of each kind would be 60 a minute, of the 200 that the broker answers
WATCHING = {"GET /v2/orders", "GET /v2/positions", "GET /v2/account/activities/FILL"}


def test_an_order_at_the_broker_is_only_watched(tmp_path: Path) -> None:
    """No print from 09:45 to 09:46, so the order rests for a minute: prices, account, clock and
    assets were asked for once, to judge it."""
    days = {DAY: [("09:30", 100), ("09:45", 101), ("16:00", 102)]}
    tape = tape_of({"AAA": days}, missing={"AAA": [("09:45", "09:46")]})
    rig = Rig(tmp_path, tape, start="09:45")
    rig.plan(candidate("AAA", "bb_squeeze"))
    asked: Counter[str] = Counter()
    handle = rig.exchange.handle

    def counted(request: Request) -> Answer:
        asked[f"{request.method} {request.path}"] += 1
        return handle(request)

    rig.exchange.handle = counted  # type: ignore[method-assign]
    assert rig.enter("confirm").counts["entered"] == 1
    often = {what for what, times in asked.items() if times > 5}
    assert often <= WATCHING
    assert asked["GET /v2/positions"] >= 30
    assert asked["GET /v2/clock"] == 1
