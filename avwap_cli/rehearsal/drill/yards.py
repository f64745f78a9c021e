"""A yard: the temporary folder of one brake, in which streets are opened and closed again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avwap_cli.rehearsal.drill.prices import Paths
from avwap_cli.rehearsal.drill.streets import Street


@dataclass(frozen=True, slots=True)
class Yard:
    """The folder, and what is closed before it goes."""

    folder: Path
    held: ExitStack

    def street(self, paths: Paths, start: str = "09:26", **changes: Any) -> Street:
        """A street in this folder; the arguments are those of `Street`."""
        street = Street(self.folder, paths, start, **changes)
        self.held.callback(street.close)
        return street


@contextmanager
def opened_yard() -> Iterator[Yard]:
    """A yard for the length of a `with` block; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="avwap-drill-") as folder, ExitStack() as held:
        yield Yard(Path(folder), held)
