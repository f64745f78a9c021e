"""The mailbox: messages not delivered yet, how many went when, and what was taken up before.

One small file under the outputs, replaced whole, which every run of this home shares.  A message
lies in it before it is sent and until its channel said yes, so a run that dies loses none; in
doubt it is sent twice.  A file that makes no sense counts as empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.private_files import FILE, private_folder
from avwap_cli.review.digests import Message, Severity, gathered

MOST_WAITING = 40
KEEP_TOLD_S = 7 * 86400.0
TAKEN_S = 60.0  # after so long who took a message to send it is taken for dead
LOCK_S = 2.0
LOCK = "alerts.lock"


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many messages within so many seconds; pages are not counted out."""

    messages: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent at once, and the numbers of the messages in it."""

    numbers: tuple[int, ...]
    message: Message


@dataclass(slots=True)
class Waiting:
    """A message of a channel.

    Attributes:
        taken: when somebody took it to send it, 0 = nobody.
        since: when it was put there, 0 = before that was kept.
    """

    number: int
    message: Message
    taken: float = 0.0
    since: float = 0.0


@dataclass(slots=True)
class Box:
    """One channel: its messages, when others went, and until when it asked to be left alone."""

    waiting: list[Waiting] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    not_before: float = 0.0
    dropped: int = 0


@dataclass(slots=True)
class Contents:
    """All of the file; `told` are notices taken up before, by what names them -> when."""

    boxes: dict[str, Box] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    last: int = 0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The file at `path`; its lock lies in `locks`.  Moments are seconds of the wall clock.

    Its methods raise `AvwapError` or `OSError` where the file cannot be locked or written.
    """

    path: Path
    locks: Path
    limits: Limits

    def put(
        self, messages: Mapping[str, Message], told: Iterable[str], now: float
    ) -> dict[str, int]:
        """Lay a message into the box of each channel named, and remember what it tells of.

        Only its text is kept.  Returns its number in each box.
        """
        numbers: dict[str, int] = {}
        with self._open() as contents:
            for channel, message in messages.items():
                contents.last += 1
                numbers[channel] = contents.last
                box = contents.boxes.setdefault(channel, Box())
                waiting = Waiting(contents.last, replace(message, enclosure=None), since=now)
                box.waiting.append(waiting)
                _trim(box)
            kept = {name: at for name, at in contents.told.items() if now - at < KEEP_TOLD_S}
            contents.told = {**kept, **dict.fromkeys(told, now)}
        return numbers

    def take(self, channel: str, now: float) -> Parcel | None:
        """What may be sent there now, all in one; None where nothing may.

        What was put last stands first.  A page goes whatever went before it, and takes the
        others along.
        """
        with self._open() as contents:
            box = contents.boxes.setdefault(channel, Box())
            free = [w for w in box.waiting if now - w.taken > TAKEN_S]
            box.sent = [at for at in box.sent if 0 <= now - at < self.limits.window_s]
            held_back = len(box.sent) >= self.limits.messages or now < box.not_before
            pages = any(w.message.severity is Severity.PAGE for w in free)
            if not free or (held_back and not pages):
                return None
            for one in free:
                one.taken = now
            *earlier, newest = free
            message = gathered(newest.message, [w.message for w in earlier], box.dropped)
            return Parcel(tuple(w.number for w in free), message)

    def delivered(self, channel: str, parcel: Parcel, now: float) -> None:
        """The channel said yes."""
        with self._open() as contents:
            box = contents.boxes.setdefault(channel, Box())
            box.waiting = [w for w in box.waiting if w.number not in parcel.numbers]
            box.sent.append(now)
            box.not_before, box.dropped = 0.0, 0

    def returned(self, channel: str, parcel: Parcel, not_before: float) -> None:
        """It did not: keep the messages for the next run."""
        with self._open() as contents:
            box = contents.boxes.setdefault(channel, Box())
            for one in box.waiting:
                if one.number in parcel.numbers:
                    one.taken = 0.0
            box.not_before = not_before

    def undelivered(self, channel: str, now: float) -> tuple[int, float | None]:
        """How many messages lie there that nobody is sending, and since when the oldest does.

        What a full box had to drop is counted too.
        """
        box = self._read().boxes.get(channel, Box())
        left = [w for w in box.waiting if now - w.taken > TAKEN_S]
        since = min((w.since for w in left if 0 < w.since <= now), default=None)
        return len(left) + box.dropped, since

    def is_new(self) -> bool:
        """Whether nothing was ever laid into it."""
        return not self.path.exists()

    def knows(self, names: Iterable[str]) -> set[str]:
        """Which of these were taken up before."""
        told = self._read().told
        return {name for name in names if name in told}

    @contextmanager
    def _open(self) -> Iterator[Contents]:
        from filelock import FileLock

        private_folder(self.locks)
        with FileLock(self.locks / LOCK, timeout=LOCK_S, mode=FILE):
            contents = self._read()
            yield contents
            text = json.dumps(asdict(contents), indent=1)
            write_if_changed(self.path, text.encode(), private=True)

    def _read(self) -> Contents:
        try:
            return _contents(json.loads(self.path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Contents()


def _trim(box: Box) -> None:
    """Keep the box small; pages stay longest."""
    while len(box.waiting) > MOST_WAITING:
        calm = (i for i, w in enumerate(box.waiting) if w.message.severity is not Severity.PAGE)
        del box.waiting[next(calm, 0)]
        box.dropped += 1


def _contents(document: Mapping[str, Any]) -> Contents:
    return Contents(
        {str(name): _box(row) for name, row in document["boxes"].items()},
        {str(name): float(at) for name, at in document["told"].items()},
        int(document["last"]),
    )


def _box(row: Mapping[str, Any]) -> Box:
    return Box(
        [_waiting(one) for one in row["waiting"]],
        [float(at) for at in row["sent"]],
        float(row["not_before"]),
        int(row["dropped"]),
    )


def _waiting(row: Mapping[str, Any]) -> Waiting:
    said = row["message"]
    lines, table, foot = (tuple(map(str, said[name])) for name in ("lines", "table", "foot"))
    message = Message(Severity(said["severity"]), str(said["title"]), lines, table, foot)
    return Waiting(int(row["number"]), message, float(row["taken"]), float(row.get("since", 0.0)))
