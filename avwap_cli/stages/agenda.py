"""agenda: the timeline of one trade session, by the calendar of the exchange."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from avwap_cli import playbook
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome, State

OVER, NOW, LATER = "over", "now", "later"


def agenda(now: datetime, session: date | None = None) -> Outcome:
    """Every window of that trade session (default: the one that `now` is about), in order.

    Args:
        now: aware.
    """
    day = session or playbook.current_session(now)
    rows = [_row(stage, day, now) for stage in playbook.STAGES]
    opens, closes = sessions.opens_at(day), sessions.closes_at(day)
    kind = "a half day" if sessions.is_half_day(day) else "a full day"
    return Outcome(
        stage="agenda",
        trade_session=day,
        as_of=sessions.previous_session(day),
        state=State.DONE,
        summary=f"{kind}: open {opens:%H:%M}, close {closes:%H:%M} ET",
        body={
            "opens": opens.isoformat(),
            "closes": closes.isoformat(),
            "half_day": sessions.is_half_day(day),
            "stages": rows,
        },
    )


def _row(stage: playbook.Stage, session: date, now: datetime) -> dict[str, Any]:
    opens, closes = playbook.windows(stage.name, session)
    return {
        "stage": stage.name,
        "command": f"avwap {stage.command}",
        "purpose": stage.purpose,
        "opens": opens.isoformat(),
        "closes": closes.isoformat(),
        "expected_by": stage.expected_by.on(session).isoformat(),
        "when": LATER if now < opens else NOW if now < closes else OVER,
    }
