"""Tick notes: how often each stage was started, in one small file that only ticks read.

Losing it costs nothing: a stage is started a little sooner than it would have been.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.review.starts import Starts


@dataclass(frozen=True, slots=True)
class TickNotes:
    """The file at `path`."""

    path: Path

    def read(self) -> Mapping[str, Starts]:
        """By stage; empty where the file is absent or makes no sense."""
        try:
            rows = json.loads(self.path.read_bytes())
            return {
                str(stage): Starts(
                    date.fromisoformat(row["session"]),
                    max(int(row["count"]), 1),
                    _aware(datetime.fromisoformat(row["last"])),
                )
                for stage, row in rows.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def write(self, starts: Mapping[str, Starts]) -> None:
        """Keep them for the next tick.

        Raises:
            AvwapError: the file cannot be written.
        """
        rows = {
            stage: {
                "session": s.session.isoformat(),
                "count": s.count,
                "last": s.last.isoformat(),
            }
            for stage, s in sorted(starts.items())
        }
        write_if_changed(self.path, json.dumps(rows, indent=2).encode(), private=True)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment
