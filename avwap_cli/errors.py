"""Every way the program fails, each with its exit code.

A failure is raised, a verdict is returned: a symbol that leaves the funnel is a
value (see `verdicts`), never an exception.  Each message says what is wrong, which
thing it is about, and what to do next.
"""

from __future__ import annotations

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


class SourceError(AvwapError):
    """A data source did not answer, or not with what was asked."""

    exit_code = 5


class CoverageError(SourceError):
    """Too few of the symbols have the bar they must have."""


class LockBusy(AvwapError):
    """Another instance of the same stage is at work."""

    exit_code = 75


class Interrupted(AvwapError):
    """The person stopped the program (Ctrl-C or SIGTERM)."""

    exit_code = 130
