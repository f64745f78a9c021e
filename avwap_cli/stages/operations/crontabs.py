"""crontabs: the lines that run the day on this host, and what is wrong with those installed.

Where cron can be told New York hours (it honours CRON_TZ, or the host lives there) a stage has
lines of its own.  Everywhere else one tick a minute stands for them all: hours that are New
York's today are another hour of the host's clock for some weeks of each spring and autumn, or
for half of the year, and lines converted by hand would run on the wrong side of a window.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from avwap_cli.errors import UNHEALTHY
from avwap_cli.home import Home
from avwap_cli.market.sessions import CLOSE
from avwap_cli.playbook import STAGES, Day, Moment, Stage
from avwap_cli.review.operations import crontab_checks, crontab_lines
from avwap_cli.review.operations.cron_hosts import NEW_YORK, NEW_YORK_NAMES, CronHost
from avwap_cli.review.operations.crontab_checks import DAY_MIN, Need, Needs
from avwap_cli.stages.operations.schedules import stage_lines, tick_line
from avwap_cli.stages.outcomes import Outcome, State


def crontab_for(host: CronHost, home: Home, program: Path) -> str:
    """The lines of this host.

    Args:
        program: absolute path of the `avwap` command.
    """
    head = [f"# avwap, for {home.root}; this host: {host.named}."]
    names = [f"AVWAP_HOME={home.root}", ""]
    if host.tells_new_york_time:
        here = host.time_zone in NEW_YORK_NAMES and not host.honours_cron_tz
        zone = "# Its hours are New York's." if here else f"CRON_TZ={NEW_YORK}"
        return "\n".join([*head, zone, *names, *stage_lines(program)]) + "\n"
    why = [
        "# Its cron reads hours in host time, and New York's clock changes on other days than",
        "# most: so the program is asked every minute, and starts what is due by itself.",
    ]
    return "\n".join([*head, *why, *names, tick_line(program)]) + "\n"


def lines_outcome(host: CronHost, home: Home, program: Path, session: date) -> Outcome:
    """The lines as what a command returns; `text` of the body is to be installed."""
    text = crontab_for(host, home, program)
    way = "lines" if host.tells_new_york_time else "tick"
    return _outcome(session, f"{host.named}: {way}", {"way": way, "text": text, **_told(host)})


def checked(
    installed: str | None,
    host: CronHost,
    home: Home,
    program: Path,
    session: date,
    *,
    trades: bool,
) -> Outcome:
    """What is wrong with an installed crontab; exit code 9 when anything is.

    Args:
        installed: its text; None = this host has no crontab.
        program: absolute path of the `avwap` command.
        trades: whether this home runs the stages that ask a broker.
    """
    needs = needs_of(home, program, trades=trades)
    found = crontab_checks.faults(installed or "", host, needs)
    body = {"faults": [asdict(fault) for fault in found], **_told(host)}
    if not found:
        by = f" ({host.timers[0]} starts the ticks)" if host.timers else ""
        return _outcome(session, f"the crontab does what the playbook needs{by}", body)
    noun = "thing is" if len(found) == 1 else "things are"
    text = f"{len(found)} {noun} wrong with the crontab"
    return _outcome(session, text, body, UNHEALTHY)


def needs_of(home: Home, program: Path, *, trades: bool) -> Needs:
    """What the playbook asks of a crontab."""
    asked: dict[tuple[str, ...], frozenset[int]] = {}
    for job in crontab_lines.jobs("\n".join(stage_lines(program))):
        asked[job.words] = asked.get(job.words, frozenset()) | job.at
    mine = [stage for stage in STAGES if trades or not stage.trades]
    return Needs(
        home=str(home.root),
        program=str(program),
        stages=tuple(Need(s.words, asked[s.words], _open_minutes(s)) for s in mine),
        known=frozenset(stage.words for stage in STAGES),
    )


def _open_minutes(stage: Stage) -> frozenset[int]:
    """Minutes after midnight in which its window is open, on full days."""
    over_night = DAY_MIN if stage.opens.day is Day.AS_OF and stage.closes.day is Day.TRADE else 0
    first, end = _minute(stage.opens), _minute(stage.closes) + over_night
    return frozenset(minute % DAY_MIN for minute in range(first, end))


def _minute(moment: Moment) -> int:
    at = moment.at or CLOSE
    return at.hour * 60 + at.minute + moment.plus_min


def _told(host: CronHost) -> dict[str, object]:
    return {"host": asdict(host)}


def _outcome(session: date, text: str, body: dict[str, object], exit_code: int = 0) -> Outcome:
    return Outcome(
        stage="crontab",
        trade_session=session,
        state=State.DONE,
        summary=text,
        body=body,
        exit_code=exit_code,
    )
