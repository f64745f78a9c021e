"""Crontab checks: what an installed crontab lacks, compared with what the playbook needs.

Either one line starts a tick every minute, or lines ask each stage in its window, in New York
hours.  What is wrong is one of five: missing, extra, wrong time, wrong zone, wrong path.  Lines
of other programs, and of this one that run no stage (`avwap status` for a watchman), are left
alone, as are those of another home.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from avwap_cli.review.operations.cron_hosts import NEW_YORK, NEW_YORK_NAMES, CronHost
from avwap_cli.review.operations.crontab_lines import EVERY_DAY, WORKING_DAYS, Job, jobs

TICK = ("tick",)
DAY_MIN = 24 * 60
PRINTED = "`avwap crontab` prints the right lines"


class Wrong(StrEnum):
    """What can be wrong with a crontab."""

    MISSING = "missing"
    EXTRA = "extra"
    TIME = "wrong time"
    ZONE = "wrong zone"
    PATH = "wrong path"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        commands: of the stages, or `tick`.
        text: what is wrong, one sentence.
        fix: what to do.
        lines: of the crontab; none where it lacks one.
    """

    wrong: Wrong
    commands: tuple[str, ...]
    text: str
    fix: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """When one stage is to be asked, in minutes after midnight in New York.

    Attributes:
        words: what is typed for it.
        at: each of these.
        may: beside these, when its window is open on a full day.
    """

    words: tuple[str, ...]
    at: frozenset[int]
    may: frozenset[int]

    @property
    def command(self) -> str:
        """The words as one text."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a crontab must do for this home.

    Attributes:
        home, program: absolute paths.
        stages: those of the playbook that this home runs.
        known: the words of all stages, run here or not.
    """

    home: str
    program: str
    stages: tuple[Need, ...]
    known: frozenset[tuple[str, ...]]


def faults(installed: str, host: CronHost, needs: Needs) -> tuple[Fault, ...]:
    """All that is wrong with the crontab; what is wrong with many lines is one fault."""
    gathered: dict[tuple[Wrong, str, str], Fault] = {}
    for fault in _faults(installed, host, needs):
        key = (fault.wrong, fault.text, fault.fix)
        before = gathered.get(key, Fault(fault.wrong, (), fault.text, fault.fix))
        commands = tuple(dict.fromkeys((*before.commands, *fault.commands)))
        gathered[key] = replace(before, commands=commands, lines=(*before.lines, *fault.lines))
    return tuple(gathered.values())


def _faults(installed: str, host: CronHost, needs: Needs) -> tuple[Fault, ...]:
    """The same line by line; what is missing last."""
    every = jobs(installed)
    ours = [job for job in every if job.home == needs.home] or list(every)
    ticks = [job for job in ours if job.words == TICK]
    staged = [job for job in ours if job.words in needs.known]
    found = [fault for job in (*ticks, *staged) for fault in _paths(job, needs)]
    found += [fault for job in ticks for fault in _tick_times(job)]
    found += _unknown(ours, needs)
    if ticks or host.timers:
        by = "the tick" if ticks else host.timers[0]
        more = [*(ticks if host.timers else ticks[1:]), *staged]
        return (*found, *(_extra(job, f"{by} starts it already") for job in more))
    found += [fault for job in staged for fault in _zones(job, host)]
    asked: dict[tuple[str, ...], list[Job]] = {}
    for job in staged:
        asked.setdefault(job.words, []).append(job)
    return (*found, *_stages(asked, needs.stages))


def _paths(job: Job, needs: Needs) -> Iterator[Fault]:
    if job.program != needs.program:
        text = f"the line runs {job.program}; this program is {needs.program}"
        yield _fault(Wrong.PATH, job, text)
    if job.home != needs.home:
        named = f"is for the home {job.home}" if job.home else "names no home"
        yield _fault(Wrong.PATH, job, f"the line {named}; this home is {needs.home}")


def _tick_times(job: Job) -> Iterator[Fault]:
    if len(job.at) < DAY_MIN or job.days != EVERY_DAY:
        yield _fault(Wrong.TIME, job, "a tick belongs into every minute of every day")


def _unknown(ours: Sequence[Job], needs: Needs) -> list[Fault]:
    """Entries of groups that are none."""
    return [
        _extra(job, f"there is no group {job.group or 'without a name'}")
        for job in ours
        if job.command == "enter" and job.words not in needs.known
    ]


def _extra(job: Job, why: str) -> Fault:
    text = f"asked without need: {why}"
    return Fault(Wrong.EXTRA, (job.typed,), text, "remove the line", (job.line,))


def _zones(job: Job, host: CronHost) -> Iterator[Fault]:
    """Hours that are not New York's."""
    told = job.zone if host.honours_cron_tz and job.zone else host.time_zone
    if told in NEW_YORK_NAMES:
        return
    if job.zone and not host.honours_cron_tz:
        text = f"{host.cron or 'this cron'} does not know CRON_TZ: it reads the hours as "
        text += f"{host.time_zone or 'host time'}"
        fix = "replace the stages' lines by one tick; " + PRINTED
        yield Fault(Wrong.ZONE, (job.typed,), text, fix, (job.line,))
        return
    text = f"its hours are read as {told or 'host time'}, not as {NEW_YORK}"
    yield _fault(Wrong.ZONE, job, text)


def _stages(
    asked: Mapping[tuple[str, ...], Sequence[Job]], stages: Sequence[Need]
) -> Iterator[Fault]:
    for need in stages:
        lines = asked.get(need.words, ())
        if not lines:
            text = f"nothing asks `avwap {need.command}`, from {_clock(min(need.at))} New York time"
            yield Fault(Wrong.MISSING, (need.command,), text, "add it; " + PRINTED)
        else:
            yield from _times(need, lines)


def _times(need: Need, lines: Sequence[Job]) -> Iterator[Fault]:
    """Times that lack, are none of its window, or come twice."""
    counts = Counter(minute for job in lines for minute in job.at)
    for job in lines:
        if not job.at:
            yield _fault(Wrong.TIME, job, "cron would not read its times as hours and minutes")
        elif not job.days >= WORKING_DAYS:
            yield _fault(Wrong.TIME, job, "it must run Monday to Friday, in every month")
    lacking, outside = need.at - counts.keys(), counts.keys() - need.may
    for minutes, what in ((lacking, "is not asked"), (outside, "is asked outside its window")):
        if minutes:
            first, more = min(minutes), len(minutes) - 1
            text = f"`avwap {need.command}` {what} at {_clock(first)}"
            text += f" and {more} more times" if more else ""
            yield _fault(Wrong.TIME, lines[0], text)
    if max(counts.values(), default=0) > 1:
        yield _extra(lines[-1], "another line does at the same minute")


def _fault(wrong: Wrong, job: Job, text: str) -> Fault:
    return Fault(wrong, (job.typed,), text, "replace the line; " + PRINTED, (job.line,))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
