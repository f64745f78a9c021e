"""What the stages that write bars ask of a bar cache, beyond reading it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol, runtime_checkable

from avwap_cli.market.bars import BarTable
from avwap_cli.market.row_checks import Quarantine
from avwap_cli.market.vintages import Vintage, Window
from avwap_cli.ports import BarStore


class Incoming(Protocol):
    """Batches of one unfinished download."""

    def batches(self) -> Sequence[BarTable]: ...

    def add(self, batch: BarTable) -> None: ...

    def clear(self) -> None: ...


class WritableBars(BarStore, Protocol):
    """A bar cache that can be written; every write is whole or not at all."""

    def vintage(self) -> Vintage: ...

    def sessions(self) -> tuple[date, ...]: ...

    def window(self, last: date, sessions: int) -> Window: ...

    def since(self, first: date) -> BarTable: ...

    def replace_sessions(self, table: BarTable, vintage: Vintage) -> int: ...

    def replace_all(self, table: BarTable, vintage: Vintage) -> int: ...

    def keep_refused(self, rows: Quarantine, provider: str) -> None: ...

    def incoming(self, job: str) -> Incoming: ...


@runtime_checkable
class RefusesRows(Protocol):
    """A provider that finds rows it cannot even put into a table."""

    def refused(self) -> Quarantine:
        """The rows refused since the last call."""


class BarReader(RefusesRows, Protocol):
    """Users' files, read whole."""

    def read(self) -> BarTable: ...
