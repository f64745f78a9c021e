"""Account pages: one plain question to the broker, for its flags and the time of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests
from requests.adapters import BaseAdapter

from avwap_cli.adapters.broker.doors import Door
from avwap_cli.errors import BrokerError, BrokerUnreachable


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The answer.

    Attributes:
        flags: the account's fields by the broker's own names.
        date: of the answer's head, to the second; None where it has none.
    """

    flags: Mapping[str, object]
    date: datetime | None


def account_page(
    door: Door, key_id: str, secret: str, timeout_s: float, transport: BaseAdapter | None = None
) -> AccountPage:
    """Ask once; nothing is changed.

    Raises:
        BrokerUnreachable: no connection.
        BrokerError: the keys are refused, or the answer is no account.
    """
    with requests.Session() as session:
        session.trust_env = False
        if transport is not None:
            session.mount(door.trading_url, transport)
        headers = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret}
        url = f"{door.trading_url}/v2/account"
        try:
            answer = session.get(url, headers=headers, timeout=timeout_s, allow_redirects=False)
        except requests.RequestException as problem:
            raise BrokerUnreachable(
                f"{door.trading_url} does not answer ({type(problem).__name__})",
                "check the connection; for a local exchange start `avwap exchange`",
            ) from None
    if answer.status_code in (401, 403):
        raise BrokerError(
            f"the broker refuses the keys (HTTP {answer.status_code})",
            f"make new keys for the {door.name} account and put both into .env",
        )
    try:
        flags = answer.json()
    except ValueError:
        flags = None
    if answer.status_code != 200 or not isinstance(flags, dict):
        raise BrokerError(f"the broker answers with HTTP {answer.status_code}", "try again later")
    return AccountPage(flags, _date(answer.headers.get("Date")))


def _date(text: str | None) -> datetime | None:
    try:
        return None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None
