"""A session-long monitor on a running clock: bars by the stream, by polling, after a cut."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, candidate, clock_time, tape_of
from trading_street import TradingStreet, street_on

from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.protocol.streams.frames import Close, Frame, StreamSession
from avwap_cli.exchange.tape.tapes import Tape

FALLS_AT = clock_time("15:50")
NO_POLLING = ("500@GET /v2/stocks/bars", "500@GET /v2/stocks/trades/latest")
SPEED = 150.0
SOON = 3000.0


def falling() -> Tape:
    """Flat until 15:50, then 7.5 % lower: beyond no stop, and two bars are enough to leave."""
    way = [("09:30", 100.0), ("15:50", 100.0), ("15:51", 92.5), ("16:00", 92.5)]
    return tape_of({"AAA": {DAY: way}})


@contextmanager
def holding(home: Path, *faults: str) -> Iterator[TradingStreet]:
    """A position of 100 shares with its stop, at 15:38, and a clock that runs."""
    with street_on(home, falling()) as street:
        street.plan(candidate("AAA", "rsi_mean_reversion"))
        street.run("enter", "--group", "moo")
        street.to("09:31")
        street.run("monitor", "--once")
        assert street.held() == {"AAA": Decimal(100)}
        street.to("15:38")
        for fault in faults:
            street.exchange.fault(fault)
        street.exchange.set_speed(SPEED)
        yield street


class Onlooker:
    """Sees from beside when the position is gone, and lets the rest of the day pass quickly."""

    def __init__(self, street: TradingStreet) -> None:
        self.street = street
        self.sold_at: datetime | None = None
        self.told_early = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Onlooker:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            if not self.street.held():
                self.sold_at = self.street.exchange.now()
                self.told_early = self._waits_for_alert()
                self.street.exchange.set_speed(SOON)
                return
            time.sleep(0.02)

    def _waits_for_alert(self) -> bool:
        """Whether alerts.jsonl tells of the exit while monitor is still at work."""
        for _ in range(50):
            if any(row["kind"] == "exit" for row in self.street.alerts()):
                return not self._over.is_set()
            time.sleep(0.02)
        return False


def watched(street: TradingStreet) -> tuple[dict[str, Any], Onlooker]:
    more: Mapping[str, str] = {"monitor__bars": "stream", "monitor__idle_s": "20"}
    with Onlooker(street) as onlooker:
        told = street.told("monitor", **more)
    return told, onlooker


def test_bars_of_the_stream_alone_lead_to_the_exit(tmp_path: Path) -> None:
    with holding(tmp_path, *NO_POLLING) as street:
        told, onlooker = watched(street)
        assert (told["exit_code"], told["counts"]["exits"]) == (0, 1)
        assert any("could not be asked for" in text for text in told["warnings"])
        (left,) = street.store.read_json(DAY, "exits.json")["exits"]
        assert left["reason"] == "emergency_stop"
        assert onlooker.sold_at is not None
        assert onlooker.sold_at > FALLS_AT
        assert onlooker.told_early, "alerts.jsonl is written with the pass that told"


def test_a_mute_stream_is_polled_for(tmp_path: Path) -> None:
    with holding(tmp_path, "mute-socket@sip b", "mute-socket@iex b") as street:
        told, onlooker = watched(street)
        assert (told["exit_code"], told["counts"]["exits"]) == (0, 1)
        assert street.held() == {}
        assert onlooker.sold_at is not None
        assert onlooker.sold_at > FALLS_AT
        assert street.exchange.context.faults.fired[FaultKind.MUTE_SOCKET] > 0


def test_after_a_cut_the_stream_is_heard_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(tmp_path, *NO_POLLING) as street:
        pump, cut = street.exchange.pump, set[StreamSession]()
        connects: list[tuple[str, datetime]] = []
        connect = street.exchange.connect

        def connected(path: str, headers: Mapping[str, str]) -> Any:
            connects.append((path, street.exchange.now()))
            return connect(path, headers)

        def pumped(
            sessions: Iterable[StreamSession],
        ) -> list[tuple[StreamSession, list[Frame]]]:
            """Once there are bars, everybody who is connected is cut off, once."""
            known = tuple(sessions)
            due = pump(known)
            heard = any(path.endswith("/sip") for path, _ in connects)
            if heard and not cut and street.exchange.now() > clock_time("15:46"):
                cut.update(known)
                due += [(session, [Close(1011, "cut")]) for session in known]
            return due

        monkeypatch.setattr(street.exchange, "connect", connected)
        monkeypatch.setattr(street.exchange, "pump", pumped)
        told, onlooker = watched(street)
        assert cut
        assert (told["exit_code"], told["counts"]["exits"]) == (0, 1)
        assert onlooker.sold_at is not None
        again = [at for path, at in connects if path.endswith("/sip")]
        assert len(again) >= 2
        assert again[0] < clock_time("15:46") < again[-1]
