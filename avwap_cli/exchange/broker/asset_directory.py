"""The asset directory: the assets that the broker knows, made from the tape's symbols."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import date

from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.ids import uuid_text
from avwap_cli.exchange.tape.tapes import Tape

EXCHANGES = ("NYSE", "NASDAQ", "NASDAQ", "NYSE", "NASDAQ", "ARCA", "NYSE", "AMEX")


class AssetDirectory:
    """Assets by symbol and id; one that is not listed yet is unknown."""

    def __init__(self, tape: Tape, seed: int) -> None:
        self._tape = tape
        self._assets = {
            symbol: Asset(
                uuid_text(seed, "asset", symbol),
                symbol,
                tape.name(symbol),
                EXCHANGES[zlib.crc32(symbol.encode()) % len(EXCHANGES)],
            )
            for symbol in tape.symbols
        }
        self._symbols = {asset.id: symbol for symbol, asset in self._assets.items()}

    def asset(self, symbol: str, session: date) -> Asset | None:
        """The asset as of that session: inactive after its last one, and not to be borrowed."""
        asset = self._assets.get(symbol)
        if asset is None or self._tape.listed(symbol, session):
            return asset
        if self._tape.close_before(symbol, session) is None:
            return None
        return replace(asset, active=False, tradable=False, borrow=Borrow.NONE)

    def asset_by_id(self, asset_id: str, session: date) -> Asset | None:
        """The asset of an id as of that session; None = unknown."""
        symbol = self._symbols.get(asset_id)
        return None if symbol is None else self.asset(symbol, session)

    def assets(self, session: date) -> tuple[Asset, ...]:
        """All assets listed by that session, sorted by symbol."""
        found = (self.asset(symbol, session) for symbol in self._assets)
        return tuple(asset for asset in found if asset is not None)

    def set_borrow(self, symbol: str, borrow: Borrow) -> None:
        """Change how a stock can be borrowed; unknown symbols are ignored."""
        asset = self._assets.get(symbol)
        if asset is not None:
            self._assets[symbol] = replace(asset, borrow=borrow)

    def symbols(self) -> tuple[str, ...]:
        """Every symbol of the tape, sorted."""
        return self._tape.symbols
