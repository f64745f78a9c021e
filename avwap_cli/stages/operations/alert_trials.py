"""alerts test: one made-up message of each kind to each channel, and what each answered.

Throttle and mailbox are not asked: what is tried is the way to the reader.  A channel that fails
once is not asked for the rest.  With the scan goes a made-up picture where the channel takes files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from avwap_cli.errors import AvwapError, BrokerError, ConfigError, UsageError
from avwap_cli.review.digests import Enclosure, Message, Severity
from avwap_cli.review.sample_messages import samples
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "alerts"
NOT_DELIVERED = BrokerError.exit_code
PICTURED = "scan"
NO_PICTURE = "none is sent there"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message.

    Attributes:
        answer: in words, without an address.
        without: why it went without its picture; empty = it did not.
    """

    delivered: bool
    answer: str
    without: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A channel to try.

    Attributes:
        takes: whether messages of that severity go there.
        send: brings it there.
        picture: makes the one to send; None = the channel takes none, or none is wanted.
    """

    name: str
    takes: Callable[[Severity], bool]
    send: Callable[[Message], Sent]
    picture: Callable[[], Enclosure] | None = None


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
    words = [
        f"{row['channel']}: {row['delivered']} delivered, {row['answer']};"
        f" picture: {row['picture']}"
        for row in rows
    ]
    bare = [row["channel"] for row in rows if row["picture"].startswith("left out")]
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE,
        summary="; ".join(words),
        counts={"channels": len(rows), "failed": len(failed)},
        warnings=(
            *(f"{name} did not take a message" for name in failed),
            *(f"{name} was sent no picture, though it takes files" for name in bare),
        ),
        body={"channels": rows},
        exit_code=NOT_DELIVERED if failed else 0,
    )


def _tried(channel: Tried, session: date, at: datetime) -> dict[str, Any]:
    """What came of one channel, ready for JSON."""
    kinds: dict[str, str] = {}
    failed, answer, picture = False, "nothing is sent there", NO_PICTURE
    for kind, message in samples(session, at):
        if failed or not channel.takes(message.severity):
            kinds[kind] = "not tried" if failed else "below its floor"
            continue
        letter = message
        if kind == PICTURED and channel.picture is not None:
            letter, picture = _with_picture(message, channel.picture)
        sent = channel.send(letter)
        answer, failed = sent.answer, not sent.delivered
        if letter.enclosure is not None:
            picture = _picture_words(sent)
        kinds[kind] = "failed" if failed else "delivered"
    return {
        "channel": channel.name,
        "delivered": _count(kinds, "delivered"),
        "failed": _count(kinds, "failed"),
        "answer": answer,
        "picture": picture,
        "kinds": kinds,
    }


def _picture_words(sent: Sent) -> str:
    if not sent.delivered:
        return "not delivered"
    return f"left out: {sent.without}" if sent.without else "delivered"


def _with_picture(message: Message, draw: Callable[[], Enclosure]) -> tuple[Message, str]:
    """The message with its picture, or without it and why."""
    try:
        return replace(message, enclosure=draw()), NO_PICTURE
    except (AvwapError, ImportError, OSError, ValueError) as problem:
        return message, f"left out: {problem}"


def _count(kinds: Mapping[str, str], word: str) -> int:
    return list(kinds.values()).count(word)
