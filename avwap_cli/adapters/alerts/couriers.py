"""The courier: takes notices from a run and brings them to the channels, off the run's way.

While a run is under way a thread of its own sends what was gathered: pages at once, all else when
it has waited long enough.  At the run's end one digest goes out, within a deadline.  Whatever a
channel does, the run only ever loses that much time; what was not delivered waits in the mailbox
for the next run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Condition, Thread

from avwap_cli.adapters.alerts.channels import Channel
from avwap_cli.adapters.alerts.drawings import Draw, Drawing
from avwap_cli.adapters.alerts.log_notices import LogNotifier
from avwap_cli.adapters.alerts.mailbox import Mailbox, Parcel
from avwap_cli.errors import AvwapError
from avwap_cli.review.digests import Enclosure, Message, Run, Severity, of_notices, severity_of
from avwap_cli.trading.facts import Notice
from avwap_cli.trading.notices import QUIET

OVERLOOKED_AFTER = timedelta(minutes=2)
OVERLOOKED_WITHIN = timedelta(days=1)
DRAWING_SHARE = 0.5  # of the deadline: the other half is left to send
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    Attributes:
        gather_s: until notices of a run under way are sent.
        timeout_s: for one attempt.
        deadline_s: for all attempts at all channels together.
    """

    gather_s: float
    timeout_s: float
    deadline_s: float


@dataclass(frozen=True, slots=True)
class Letter:
    """What one channel is to be sent at a run's end.

    Attributes:
        direct: past the mailbox, where nothing can be kept.
        number: of the message in its box, 0 = it is not there.
        drawing: the picture that goes along, None = none.
        until: of the monotonic clock.
    """

    direct: Message | None
    number: int
    drawing: Drawing | None
    until: float


@dataclass(slots=True)
class Courier:
    """Implements `ports.Notifier`; without channels it only logs.

    None of its methods raises for what a channel does.
    """

    channels: Sequence[Channel]
    mailbox: Mailbox
    patience: Patience
    _log: LogNotifier = field(default_factory=LogNotifier)
    _changed: Condition = field(default_factory=Condition)
    _gathered: list[Notice] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _since: float = 0.0
    _run: Run | None = None
    _thread: Thread | None = None

    def tell(self, notice: Notice) -> None:
        """Log it, and take it along."""
        self._log.tell(notice)
        if self.channels:
            self._gather(notice)

    def overlooked(self, notices: Sequence[Notice], now: datetime) -> None:
        """Take along what is on record and was never taken up: its run died before.

        Args:
            notices: those of the ledger.
            now: by the clock that they were dated with.
        """
        if not self.channels or self.mailbox.is_new():
            return
        recent = {
            _name(n): n
            for n in notices
            if n.kind not in QUIET and OVERLOOKED_AFTER < now - n.at < OVERLOOKED_WITHIN
        }
        known = self.mailbox.knows(recent) | self._taken
        for name, notice in recent.items():
            if name not in known:
                self._gather(notice)

    def begins(self, run: Run) -> None:
        """A run begins; what it tells is sent from now on."""
        if self.channels:
            self._run = run
            self._thread = Thread(target=self._work, name="courier", daemon=True)
            self._thread.start()

    def ends(
        self, digest: Callable[[Sequence[Notice]], Message | None], draw: Draw | None = None
    ) -> None:
        """The run has ended: send the digest of what is left, and what waits from before.

        A digest that brings no notice and says what one said before is not sent.  What `draw`
        makes goes along to channels that take files, if it is made in time.
        """
        if not self.channels:
            return
        until = time.monotonic() + self.patience.deadline_s
        notices = self._stop(until)
        message = digest(notices)
        if message is not None and not notices and self.mailbox.knows([_words(message)]):
            message = None
        self._deliver(message, notices, until, draw)

    def keeps(self) -> None:
        """The run was stopped by a person: send nothing, and lose nothing."""
        if not self.channels:
            return
        run, notices = self._run, self._stop(time.monotonic())
        if run is not None and notices:
            self._put(of_notices(run, notices), notices)

    def _gather(self, notice: Notice) -> None:
        with self._changed:
            if not self._gathered:
                self._since = time.monotonic()
            self._gathered.append(notice)
            self._taken.add(_name(notice))
            self._changed.notify()

    def _stop(self, until: float) -> list[Notice]:
        with self._changed:
            self._run = None
            notices, self._gathered = self._gathered, []
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(max(until - time.monotonic(), 0.0))
            self._thread = None
        return notices

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._run is not None and (left := self._left()) > 0:
                    self._changed.wait(left if self._gathered else None)
                if self._run is None:
                    return
                run, notices, self._gathered = self._run, self._gathered, []
            until = time.monotonic() + self.patience.deadline_s
            self._deliver(of_notices(run, notices), notices, until)

    def _left(self) -> float:
        """Seconds until what was gathered is due."""
        if not self._gathered:
            return self.patience.gather_s
        if any(severity_of(notice) is Severity.PAGE for notice in self._gathered):
            return 0.0
        return self._since + self.patience.gather_s - time.monotonic()

    def _put(self, message: Message, notices: Sequence[Notice]) -> dict[str, int] | None:
        """Lay it into the mailbox; its number in each box, None where that cannot be."""
        theirs = {c.name: message for c in self.channels if c.takes(message.severity)}
        try:
            told = [_words(message), *map(_name, notices)]
            return self.mailbox.put(theirs, told, time.time())
        except (AvwapError, OSError) as problem:
            _LOGGER.warning("what is to be told cannot be kept: %s", problem)
            return None

    def _deliver(
        self,
        message: Message | None,
        notices: Sequence[Notice],
        until: float,
        draw: Draw | None = None,
    ) -> None:
        numbers = {} if message is None else self._put(message, notices)
        drawing = self._drawing(message, until, draw)
        sending = []
        for channel in self.channels:
            lost = numbers is None and message and channel.takes(message.severity)
            letter = Letter(
                direct=message if lost else None,
                number=(numbers or {}).get(channel.name, 0),
                drawing=drawing if drawing is not None and channel.takes_files() else None,
                until=until,
            )
            arguments = (channel, letter)
            sending.append(Thread(target=self._send, args=arguments, name="post", daemon=True))
        for thread in sending:
            thread.start()
        for channel, thread in zip(self.channels, sending, strict=True):
            thread.join(max(until - time.monotonic(), 0.0))
            if thread.is_alive():
                _say(channel, f"no answer within {self.patience.deadline_s:g} s")

    def _drawing(self, message: Message | None, until: float, draw: Draw | None) -> Drawing | None:
        """The picture, begun; None where nobody would take it."""
        if draw is None or message is None:
            return None
        if not any(c.takes(message.severity) and c.takes_files() for c in self.channels):
            return None
        now = time.monotonic()
        return Drawing(draw, now + (until - now) * DRAWING_SHARE).begin()

    def _send(self, channel: Channel, letter: Letter) -> None:
        """Send what waits for that channel, or `direct` where nothing can be kept."""
        try:
            now, direct = time.time(), letter.direct
            parcel = Parcel((), direct) if direct else self.mailbox.take(channel.name, now)
            if parcel is None:
                return
            message = parcel.message
            if letter.drawing and (direct or letter.number in parcel.numbers):
                message = replace(message, enclosure=_picture(channel, letter.drawing))
            answer = channel.deliver(message, self.patience.timeout_s, letter.until)
            if not answer.delivered:
                _say(channel, answer.text)
            elif answer.without:
                _without(channel, answer.without)
            if not parcel.numbers:
                return
            if answer.delivered:
                self.mailbox.delivered(channel.name, parcel, time.time())
            else:
                self.mailbox.returned(channel.name, parcel, time.time() + (answer.wait_s or 0.0))
        except (AvwapError, OSError) as problem:
            _LOGGER.warning("the mailbox of alerts cannot be used: %s", problem)


def _picture(channel: Channel, drawing: Drawing) -> Enclosure | None:
    made = drawing.finished()
    if drawing.why:
        _without(channel, drawing.why)
    return made


def _without(channel: Channel, why: str) -> None:
    _LOGGER.warning("alerts: %s: sent without its charts (%s)", channel.name, why)


def _say(channel: Channel, text: str) -> None:
    words = "alerts: %s: not delivered (%s); it is sent again with the next run"
    _LOGGER.warning(words, channel.name, text)


def _name(notice: Notice) -> str:
    """What names a notice among all of this home."""
    return _name_of(
        notice.at.astimezone(UTC).isoformat(), notice.key, str(notice.begins), notice.text
    )


def _words(message: Message) -> str:
    """What names a message by what it says; the health line always says something else."""
    return _name_of(message.severity, message.title, *message.lines, *message.table)


def _name_of(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:24]
