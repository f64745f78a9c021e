"""Crontab lines: the text of a crontab as jobs.

Settings hold from their line on, `CRON_TZ` and `AVWAP_HOME` among them, as every cron reads
them.  A line is ours when the word `avwap`, with or without a path, stands where its command is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

ZONE, HOME = "CRON_TZ", "AVWAP_HOME"
PROGRAM = "avwap"
SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
SIGNS = frozenset("();<>|&")
VALUED = ("--home", "--config", "--set", "--now", "--lock-timeout", "--group", "--session")
DAYS = {name: n for n, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
WORKING_DAYS = frozenset(range(1, 6))
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Job:
    """One line that starts this program.

    Attributes:
        line: its text.
        at: minutes after midnight at which it runs; empty = cron would not read it, or it is
            not told by the hour (`@reboot`).
        days: days of the week, 0 = Sunday; empty = not each day of a month, or not each month.
        zone: the `CRON_TZ` it stands under; empty = none.
        home: that it names; empty = none.
        program: as it is written.
        command: the first word after the program, e.g. "scan".
        group: of `enter`.
    """

    line: str
    at: frozenset[int]
    days: frozenset[int]
    zone: str
    home: str
    program: str
    command: str
    group: str

    @property
    def words(self) -> tuple[str, ...]:
        """Command and group, as a stage of the playbook says them."""
        return (self.command, "--group", self.group) if self.group else (self.command,)

    @property
    def typed(self) -> str:
        """The same as one text."""
        return " ".join(self.words)


def jobs(text: str) -> tuple[Job, ...]:
    """Every line of the crontab that starts this program, in order."""
    return tuple(_jobs(text))


def _jobs(text: str) -> Iterator[Job]:
    settings: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        setting = SETTING.fullmatch(line)
        if setting is not None:
            settings[setting[1]] = _unquoted(setting[2])
            continue
        fields, command = _parted(line)
        started = _started(command.replace(r"\%", "%"))
        if started is None:
            continue
        program, said, options, name = started
        at, days = _times(fields)
        yield Job(
            line=line,
            at=at,
            days=days,
            zone=settings.get(ZONE, ""),
            home=options.get("--home") or said.get(HOME) or settings.get(HOME, ""),
            program=program,
            command=name,
            group=options.get("--group", ""),
        )


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _parted(line: str) -> tuple[list[str], str]:
    """The fields of time, and the command."""
    count = 1 if line.startswith("@") else 5
    cells = line.split(maxsplit=count)
    return cells[:count], cells[count] if len(cells) > count else ""


def _started(
    command: str,
) -> tuple[str, dict[str, str], dict[str, str], str] | None:
    """Program, variables said before it, options and first word; None where it is not ours."""
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        words = list(reader)
    except ValueError:  # a quotation that does not end
        words = command.split()
    pairs = enumerate(pairwise(words))
    place = next((i for i, (word, after) in pairs if _is_program(word, after)), None)
    if place is None:
        return None
    said = {m[1]: m[2] for w in words[:place] if (m := SETTING.fullmatch(w)) is not None}
    options, name = _options(words[place + 1 :])
    return words[place], said, options, name


def _is_program(word: str, after: str) -> bool:
    """Whether the word is this program with its command, not a folder of that name."""
    named = word.rpartition("/")[2] == PROGRAM and SETTING.fullmatch(word) is None
    return named and not after.startswith("/") and not SIGNS & set(after)


def _options(words: Sequence[str]) -> tuple[dict[str, str], str]:
    """Options with a value, and the command, up to the first sign of the shell."""
    options: dict[str, str] = {}
    name, waiting = "", ""
    for word in words:
        if SIGNS & set(word):
            break
        if waiting:
            options[waiting], waiting = word, ""
        elif word.startswith("-"):
            option, equals, value = word.partition("=")
            if equals:
                options[option] = value
            elif option in VALUED:
                waiting = option
        else:
            name = name or word
    return options, name


def _times(fields: Sequence[str]) -> tuple[frozenset[int], frozenset[int]]:
    """Minutes of the day, and days of the week."""
    try:
        if len(fields) != 5:
            raise ValueError(fields)
        minutes, hours = _field(fields[0], 0, 59), _field(fields[1], 0, 23)
        each = fields[2] == fields[3] == "*"
        days = frozenset(day % 7 for day in _field(fields[4].lower(), 0, 7))
    except ValueError:
        return frozenset(), frozenset()
    return frozenset(h * 60 + m for h in hours for m in minutes), days if each else frozenset()


def _field(text: str, low: int, high: int) -> set[int]:
    """The values that one field stands for.

    Raises:
        ValueError: cron would not read it.
    """
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = _ends(span, low, high, stepped=bool(step))
        if not low <= first <= last <= high:
            raise ValueError(text)
        found |= set(range(first, last + 1, int(step or "1")))
    return found


def _ends(span: str, low: int, high: int, *, stepped: bool) -> tuple[int, int]:
    if span == "*":
        return low, high
    first, dash, last = span.partition("-")
    start = _number(first)
    return start, _number(last) if dash else high if stepped else start


def _number(text: str) -> int:
    return DAYS[text] if text in DAYS else int(text)
