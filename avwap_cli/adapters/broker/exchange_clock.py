"""The time of a local exchange: everything that works on its prices works on its clock.

Where its time stands, sleeping moves it; where it runs, sleeping waits.
"""

from __future__ import annotations

import time
from datetime import datetime

import requests
from requests.adapters import BaseAdapter

from avwap_cli.adapters.alpaca_connection import NotSent, Timeouts, trouble_of
from avwap_cli.adapters.broker.doors import local_door
from avwap_cli.errors import BrokerUnclear, BrokerUnreachable
from avwap_cli.market.sessions import EASTERN
from avwap_cli.settings import BrokerSettings

STEP_TIMEOUT_S = 300.0  # a step over many sessions and symbols has much to do


class ExchangeClock:
    """The Clock port on a local exchange.

    Args:
        settings: its address.
        key_id, secret: the keys that it issued.
        transport: takes the requests instead of the network.

    Raises:
        ConfigError: the settings name no local exchange, or the keys are not of one.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        key_id: str,
        secret: str,
        *,
        transport: BaseAdapter | None = None,
    ) -> None:
        door = local_door(settings, key_id)
        self._url = f"{door.trading_url}/_exchange/step"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", transport or Timeouts(STEP_TIMEOUT_S))
        self._session.headers.update({"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret})

    def now(self) -> datetime:
        """The exchange's time, in New York.

        Raises:
            BrokerUnreachable, BrokerUnclear: it does not tell.
        """
        return self._stepped(0.0)[0]

    def sleep(self, seconds: float) -> None:
        """Let that much of the exchange's time pass; raises as `now`."""
        speed = self._stepped(0.0)[1]
        if speed > 0:
            time.sleep(seconds / speed)
        else:
            self._stepped(seconds)

    def _stepped(self, seconds: float) -> tuple[datetime, float]:
        """Time and speed (virtual seconds per real second) after a step."""
        try:
            answer = self._session.post(self._url, json={"seconds": seconds}, allow_redirects=False)
        except requests.RequestException as problem:
            trouble = trouble_of(problem)
            if not isinstance(trouble, NotSent):
                raise self._unclear(str(trouble)) from None
            raise BrokerUnreachable(
                f"no local exchange answers at {self._url}",
                "start it with `avwap exchange`, or correct broker.url",
            ) from None
        try:
            told = answer.json()
            return datetime.fromisoformat(told["now"]).astimezone(EASTERN), float(told["speed"])
        except (ValueError, KeyError, TypeError):
            raise self._unclear(f"HTTP {answer.status_code} {answer.text[:200]}") from None

    def _unclear(self, what: str) -> BrokerUnclear:
        return BrokerUnclear(
            f"the local exchange does not tell its time ({what})",
            "see that the keys are the ones it issued",
        )
