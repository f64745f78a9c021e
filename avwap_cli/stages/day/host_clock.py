"""This computer's clock held against the broker's, and the broker's word that it trades.

Exits go by our time.  Where it is wrong, a stop would be canceled for an order that waits
until the market opens; so nothing is taken away before the broker says that it is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from avwap_cli.errors import BrokerError
from avwap_cli.market import sessions
from avwap_cli.stages.day.folding import Folding
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.facts import Notice
from avwap_cli.trading.orders import BrokerClock

KEY = "clock"
EVERY = timedelta(minutes=15)
SURE = timedelta(minutes=1)  # so long after the open and before the close both must say open


@dataclass(slots=True)
class HostClock:
    """What one run knows of it.

    Attributes:
        asked_at: when the broker's clock answered last; None = never.
        agrees: whether it agreed then.
        seen_open: whether the broker has said that this session's market is open.
    """

    asked_at: datetime | None = None
    agrees: bool = False
    seen_open: bool = False

    def says_open(self, ports: TradingPorts, request: TradingRequest, folding: Folding) -> bool:
        """Whether orders may go by our time: False while the broker says that it is closed.

        Asked once a run, once the session has begun, now and then, and every time while the
        clocks differ.  Without an answer our own time counts, for exits do not wait for it.
        A clock that is wrong is told of, once, and once it is right again.
        """
        before, session = ports.clock.now(), request.session
        ours = sessions.opens_at(session) <= before < sessions.closes_at(session)
        old = self.asked_at is None or before - self.asked_at >= EVERY
        if not old and self.agrees and (self.seen_open or not ours):
            return True
        try:
            told = ports.broker.clock()
        except BrokerError as problem:
            ports.progress.say(f"the broker's clock could not be asked: {problem}")
            return True
        self.asked_at = ports.clock.now()
        trouble = _trouble(request, before, self.asked_at, told)
        self.agrees = trouble is None
        self.seen_open = self.seen_open or (ours and told.is_open)
        _tell(ports, request, folding, trouble)
        return told.is_open or not ours


def _trouble(
    request: TradingRequest, before: datetime, after: datetime, told: BrokerClock
) -> str | None:
    """What is wrong with our time, which was `before` when asked and `after` when told."""
    ahead_s = (before - told.now).total_seconds()
    behind_s = (told.now - after).total_seconds()
    limit_s = request.rules.risk.max_clock_skew_s
    if max(ahead_s, behind_s) > limit_s:
        way = "ahead of" if ahead_s > 0 else "behind"
        text = f"this computer's clock is {max(ahead_s, behind_s):.0f} s {way} the broker's"
        return f"{text}; {limit_s:g} s are allowed: set it, for exits go by it"
    opens, closes = sessions.opens_at(request.session), sessions.closes_at(request.session)
    if opens + SURE <= before < closes - SURE and not told.is_open:
        return "the broker says that the market is closed: exits wait, stops stay"
    return None


def _tell(
    ports: TradingPorts, request: TradingRequest, folding: Folding, trouble: str | None
) -> None:
    if (trouble is not None) == (KEY in folding.of(ports.ledger).states):
        return
    text, begins = trouble or "this computer's clock and the broker's agree", trouble is not None
    now = ports.clock.now()
    notice = Notice(now, request.session, KEY, KEY, text, page=begins, begins=begins)
    if ports.ledger.append(notice):
        ports.notifier.tell(notice)
