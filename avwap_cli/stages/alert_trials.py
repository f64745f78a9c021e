"""alerts test: one made-up message of each kind to each channel, and what each answered.

Throttle and mailbox are not asked: what is tried is the way to the reader.  A channel that fails
once is not asked for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from avwap_cli.errors import BrokerError, ConfigError, UsageError
from avwap_cli.market import sessions
from avwap_cli.review.digests import Message, Severity
from avwap_cli.review.sample_messages import samples
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "alerts"
NOT_DELIVERED = BrokerError.exit_code


@dataclass(frozen=True, slots=True)
class Tried:
    """A channel to try.

    Attributes:
        takes: whether messages of that severity go there.
        send: whether it was delivered, and the answer in words without an address.
    """

    name: str
    takes: Callable[[Severity], bool]
    send: Callable[[Message], tuple[bool, str]]


def run_alert_trial(
    channels: Sequence[Tried], named: Sequence[str], only: str | None, session: date, at: datetime
) -> Outcome:
    """Send the samples.

    Args:
        channels: those whose variable is set.
        named: the variables that the configuration names.
        only: the one to try; None = all.

    Raises:
        UsageError: no channel has that name.
        ConfigError: there is no channel to try.
    """
    if only is not None and only not in named:
        raise UsageError(f"{only} is no channel", f"alerts.channels names {', '.join(named)}")
    chosen = [channel for channel in channels if only in (None, channel.name)]
    if not chosen:
        names = only or ", ".join(named) or "no variable at all"
        raise ConfigError(
            f"no channel is set: alerts.channels names {names}",
            "put an address into the variable, in the environment or in .env",
        )
    rows = [_tried(channel, session, at) for channel in chosen]
    failed = [row["channel"] for row in rows if row["failed"]]
    words = [f"{row['channel']}: {row['delivered']} delivered, {row['answer']}" for row in rows]
    return Outcome(
        stage=STAGE,
        trade_session=session,
        as_of=sessions.previous_session(session),
        state=State.DONE,
        summary="; ".join(words),
        counts={"channels": len(rows), "failed": len(failed)},
        warnings=tuple(f"{name} did not take a message" for name in failed),
        body={"channels": rows},
        exit_code=NOT_DELIVERED if failed else 0,
    )


def _tried(channel: Tried, session: date, at: datetime) -> dict[str, Any]:
    """What came of one channel, ready for JSON."""
    kinds: dict[str, str] = {}
    failed, answer = False, "nothing is sent there"
    for kind, message in samples(session, at):
        if failed or not channel.takes(message.severity):
            kinds[kind] = "not tried" if failed else "below its floor"
            continue
        delivered, answer = channel.send(message)
        failed = not delivered
        kinds[kind] = "delivered" if delivered else "failed"
    return {
        "channel": channel.name,
        "delivered": _count(kinds, "delivered"),
        "failed": _count(kinds, "failed"),
        "answer": answer,
        "kinds": kinds,
    }


def _count(kinds: Mapping[str, str], word: str) -> int:
    return list(kinds.values()).count(word)
