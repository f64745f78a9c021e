"""agenda: the timeline of one trade session, by the calendar of the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from avwap_cli import playbook
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome, State

OVER, NOW, LATER = "over", "now", "later"


@dataclass(frozen=True, slots=True)
class Telling:
    """Who hears of the stages while the day goes on.

    Attributes:
        digests: a message goes out as each stage ends.
        pings: the stages after which a watchman is pinged.
    """

    digests: bool = False
    pings: frozenset[str] = frozenset()

    def of(self, stage: str) -> list[str]:
        """What follows a run of that stage."""
        found = ["a digest as it ends"] if self.digests else []
        return [*found, "a heartbeat"] if stage in self.pings else found


QUIET = Telling()


def agenda(now: datetime, session: date | None = None, telling: Telling = QUIET) -> Outcome:
    """Every window of that trade session (default: the one that `now` is about), in order.

    Args:
        now: aware.
        telling: who hears of the stages.
    """
    day = session or playbook.current_session(now)
    rows = [_row(stage, day, now, telling) for stage in playbook.STAGES]
    opens, closes = sessions.opens_at(day), sessions.closes_at(day)
    kind = "a half day" if sessions.is_half_day(day) else "a full day"
    return Outcome(
        stage="agenda",
        trade_session=day,
        state=State.DONE,
        summary=f"{kind}: open {opens:%H:%M}, close {closes:%H:%M} ET",
        body={
            "opens": opens.isoformat(),
            "closes": closes.isoformat(),
            "half_day": sessions.is_half_day(day),
            "stages": rows,
        },
    )


def _row(stage: playbook.Stage, session: date, now: datetime, telling: Telling) -> dict[str, Any]:
    opens, closes = playbook.windows(stage.name, session)
    return {
        "stage": stage.name,
        "command": f"avwap {stage.command}",
        "purpose": stage.purpose,
        "opens": opens.isoformat(),
        "closes": closes.isoformat(),
        "expected_by": stage.expected_by.on(session).isoformat(),
        "when": LATER if now < opens else NOW if now < closes else OVER,
        "also": [*stage.also, *telling.of(stage.name)],
    }
