"""Every way the program fails, each with its exit code, and the code of a finding.

A failure is raised, a verdict is returned: a symbol that leaves the funnel is a
value (see `verdicts`), never an exception.  Each message says what is wrong, which
thing it is about, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping

UNHEALTHY = 9  # no failure of the program: it found that something is not as it should be
LONGEST = 1000
TAIL = 200


def shortened(text: str) -> str:
    """The text as a person would read it: at most 1,000 characters and a note on what was cut.

    Messages quote what they are about, and a damaged file can hold a symbol of any length.
    """
    if len(text) <= LONGEST:
        return text
    head = LONGEST - TAIL
    return f"{text[:head]} ... [{len(text) - LONGEST} characters cut] ... {text[-TAIL:]}"


class AvwapError(Exception):
    """A failure that a person can act on; `str(error)` is the whole message.

    Args:
        message: what is wrong and which thing it is about, one sentence.
        hint: what to do next, one sentence or empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


class UsageError(AvwapError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(AvwapError):
    """A configuration file, environment variable or flag has a wrong key or value."""

    exit_code = 3


class InputError(AvwapError):
    """An input of the stage cannot be used."""

    exit_code = 4


class MissingInput(InputError):
    """An input of the stage is not there yet."""


class StaleInput(InputError):
    """An input belongs to another session than the one worked on."""


class DamagedInput(InputError):
    """A file is truncated, of another format, or not what its name promises."""


class SchemaMismatch(InputError):
    """A file was written by a newer program than this one."""


class CannotWrite(AvwapError):
    """A file cannot be written: the disk is full, or its rights forbid it."""

    exit_code = 4


class SourceError(AvwapError):
    """A data source did not answer, or not with what was asked."""

    exit_code = 5


class CoverageError(SourceError):
    """Too few of the symbols have the bar they must have."""


class BrokerError(AvwapError):
    """The broker did not answer, or said no."""

    exit_code = 6


class BrokerUnreachable(BrokerError):
    """No connection was made, so nothing was asked: it is safe to ask again."""


class BrokerUnclear(BrokerError):
    """The question was sent and no usable answer came; what was asked may have happened.

    After a POST, PATCH or DELETE only a look at the order itself settles it.
    """


class RateLimited(BrokerError):
    """Too many requests in this minute; the broker did nothing.

    Attributes:
        wait_s: how long it asks to wait; None if it does not say.
    """

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(message, "wait a minute")


class BrokerRefusal(BrokerError):
    """The broker understood and said no; asking again changes nothing.

    Attributes:
        status: the HTTP status.
        code: the broker's own number, 0 where it gave none.
        text: its message.
        name: the refusal's name, from a closed list (see `trading.refusals`).
        extras: the other fields of its answer, as text.
    """

    def __init__(
        self, status: int, code: int, text: str, name: str, extras: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.code = code
        self.text = text
        self.name = name
        self.extras = dict(extras or {})
        super().__init__(f"the broker refuses ({name}): HTTP {status} {code} {text}")


class LedgerDiffers(AvwapError):
    """Ledger and broker do not agree on what is held or ordered."""

    exit_code = 7


class LedgerError(AvwapError):
    """The ledger cannot be read or written; without it no order may be sent."""

    exit_code = 4


class LedgerDamaged(LedgerError):
    """The ledger's file is not what its name promises, or was in part overwritten."""


class Halted(AvwapError):
    """A halt level forbids what was asked for."""

    exit_code = 8


class LockBusy(AvwapError):
    """Another instance of the same stage is at work."""

    exit_code = 75


class Interrupted(AvwapError):
    """The person stopped the program (Ctrl-C or SIGTERM)."""

    exit_code = 130
