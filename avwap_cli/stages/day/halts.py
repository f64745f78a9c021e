"""halt and resume: forbid entries, all but reducing, or everything; and allow it again.

A halt is a fact of the ledger and needs no answer of the broker's: whatever sends an order
reads the level at its last line before the wire.  `resume` lifts every halt, but never while a
file named HALT lies in the home.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from avwap_cli import playbook
from avwap_cli.errors import Halted, UsageError
from avwap_cli.ports import Clock, Ledger, Notifier
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import halt_in_force
from avwap_cli.trading.facts import HaltChange, HaltLevel, Notice

PERSON = "person"
MEANING: Mapping[HaltLevel, str] = {
    HaltLevel.NO_ENTRIES: "open entries are canceled and no new ones are sent; all else goes on",
    HaltLevel.REDUCE_ONLY: "exits and stops only",
    HaltLevel.FLATTEN: "monitor closes every position of ours, at the open if the market is closed",
}


@dataclass(frozen=True, slots=True)
class HaltPorts:
    """What halt and resume are given.

    Attributes:
        halt_file: the level that the file HALT orders.
    """

    ledger: Ledger
    notifier: Notifier
    clock: Clock
    halt_file: Callable[[], HaltLevel]


def level_of(word: str) -> HaltLevel:
    """The level that a person names.

    Raises:
        UsageError: there is none of that name.
    """
    levels = [level for level in HaltLevel if level is not HaltLevel.NONE]
    for level in levels:
        if word == level:
            return level
    known = f"the levels are {', '.join(levels)}"
    raise UsageError(f"{word!r} is no halt level" if word else "a halt needs a level", known)


def run_halt(level: HaltLevel, why: str, ports: HaltPorts) -> Outcome:
    """Set that level, until `resume`.

    Raises:
        UsageError: nobody says why.
        LedgerError: it cannot be written down.
    """
    if not why.strip():
        raise UsageError("a halt needs a reason", 'say it, as in `--why "news"`')
    now = ports.clock.now()
    session = playbook.current_session(now)
    standing = in_force(ports, session)
    last = _last_of_person(ports.ledger.facts().halts)
    if last is not None and (last.level, last.why) == (level, why.strip()):
        return _told("halt", session, State.UNCHANGED, f"{level} is in force already", standing)
    notice = _notice(now, session, level, f"halt {level}: {why.strip()}", begins=True)
    ports.ledger.append(HaltChange(now, level, PERSON, why.strip(), None), notice)
    ports.notifier.tell(notice)
    text = f"{level}: {MEANING[level]}; until `avwap resume`"
    return _told("halt", session, State.DONE, text, in_force(ports, session))


def run_resume(ports: HaltPorts) -> Outcome:
    """Lift every halt that the ledger holds.

    Raises:
        Halted: the file HALT is still there.
        LedgerError: it cannot be written down.
    """
    ordered = ports.halt_file()
    if ordered is not HaltLevel.NONE:
        raise Halted(
            f"the file HALT in the home orders {ordered}", "remove it, then `avwap resume` again"
        )
    now = ports.clock.now()
    session = playbook.current_session(now)
    change = halt_in_force(ports.ledger.facts().halts, session)
    if change is None:
        return _told("resume", session, State.UNCHANGED, "nothing is halted", None)
    text = f"resumed; it was {change.level} ({change.why})"
    notice = _notice(now, session, change.level, text, begins=False)
    lifted = HaltChange(now, HaltLevel.NONE, PERSON, "resume", None)
    ports.ledger.append(lifted, notice)
    ports.notifier.tell(notice)
    text = f"{change.level} of {change.source} ({change.why}) is lifted"
    return _told("resume", session, State.DONE, text, None)


def in_force(ports: HaltPorts, session: date) -> str | None:
    """The severest level in force and where it comes from; None = nothing is forbidden."""
    return halt_text(halt_in_force(ports.ledger.facts().halts, session), ports.halt_file())


def halt_text(change: HaltChange | None, ordered: HaltLevel) -> str | None:
    """The severer of the ledger's level and the file's, in words; None = neither."""
    rank = HaltLevel.NONE.rank if change is None else change.level.rank
    if ordered.rank > rank:
        return f"{ordered} (the file HALT)"
    return None if change is None else f"{change.level} ({change.source}: {change.why})"


def _last_of_person(halts: Sequence[HaltChange]) -> HaltChange | None:
    """The person's level that stands; None after a resume."""
    last = None
    for change in halts:
        if change.level is HaltLevel.NONE:
            last = None
        elif change.source == PERSON:
            last = change
    return last


def _notice(now: datetime, session: date, level: HaltLevel, text: str, *, begins: bool) -> Notice:
    """Of the key under which a pass tells of the level, so that it is told once."""
    return Notice(now, session, "halt", f"halt.{level}", text, begins=begins)


def _told(stage: str, session: date, state: State, text: str, halted: str | None) -> Outcome:
    return Outcome(
        stage=stage,
        trade_session=session,
        state=state,
        summary=text,
        body={"halted": halted},
    )
