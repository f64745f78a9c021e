"""Keys of a local exchange and Alpaca's servers never meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from avwap_cli.errors import ConfigError
from avwap_cli.wiring.desk import Choices, Desk

LOCAL = {"ALPACA_API_KEY": "AVWAPLOCAL1234567890", "ALPACA_SECRET_KEY": "s" * 40}
REAL = {"ALPACA_API_KEY": "PK1234567890", "ALPACA_SECRET_KEY": "s" * 40}
URL = "http://127.0.0.1:4010"


def desk(home: Path, keys: dict[str, str], **settings: str) -> Desk:
    written = {key.replace("__", "."): value for key, value in settings.items()}
    return Desk(Choices(home=home, settings=written), keys)


def test_bars_of_a_local_exchange_come_from_it(tmp_path: Path) -> None:
    made = desk(tmp_path, LOCAL, broker__mode="exchange", broker__url=f'"{URL}"').data.market_data()
    assert made._bars.connection._client._base_url == URL  # type: ignore[attr-defined]


def test_keys_of_a_local_exchange_never_go_to_alpaca(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="local exchange"):
        desk(tmp_path, LOCAL).data.market_data()


def test_keys_of_alpaca_never_go_to_a_local_exchange(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not issued by a local exchange"):
        desk(tmp_path, REAL, broker__mode="exchange", broker__url=f'"{URL}"').data.market_data()
