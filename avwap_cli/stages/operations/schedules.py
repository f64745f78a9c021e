"""Schedules: how a host is told to run the day; derived from the playbook.

Two ways.  Where cron knows New York time, one or more lines per stage, which repeat inside its
window: a stage that is done does nothing, and each asks the calendar itself, so holidays and
half days need no edit.  Everywhere else one `avwap tick` a minute, by cron, systemd or launchd.
"""

from __future__ import annotations

import plistlib
import shlex
from collections.abc import Iterator
from pathlib import Path

from avwap_cli.home import Home
from avwap_cli.market.sessions import CLOSE
from avwap_cli.playbook import STAGES, Moment, Stage
from avwap_cli.review.operations.cron_hosts import NEW_YORK

LABEL = "avwap.tick"
QUIETLY = "--quiet --lock-timeout 0"
LOG = '>> "$AVWAP_HOME/outputs/cron.log" 2>&1'


def schedules(home: Home, program: Path) -> dict[str, str]:
    """Every file that tells a host to run the day, by its path in the home.

    Args:
        program: absolute path of the `avwap` command.
    """
    return {
        "crontab.example": crontab(home, program),
        "ops/avwap-tick.service": service(home, program),
        "ops/avwap-tick.timer": TIMER,
        f"ops/{LABEL}.plist": launchd(home, program),
    }


def crontab(home: Home, program: Path) -> str:
    """Crontab lines of every stage, and the one line that can stand for them all.

    A stage of the evening is asked until it is expected to be done, one of the trading day
    until its window ends.  Every day of the week is asked, for the command itself knows the
    sessions, holidays included.
    """
    return (
        "\n".join(
            [
                "# Install with `crontab crontab.example` (this replaces your crontab), or paste.",
                "# Where cron knows no CRON_TZ, delete all but the last line and the AVWAP_HOME line;",
                "# `avwap crontab` prints what is right for the host it runs on.",
                f"CRON_TZ={NEW_YORK}",
                f"AVWAP_HOME={home.root}",
                "",
                *stage_lines(program),
                "",
                "# Instead of all lines above, on a host in any time zone: start whatever is due.",
                f"# {tick_line(program)}",
            ]
        )
        + "\n"
    )


def stage_lines(program: Path) -> list[str]:
    """The lines of every stage, in New York hours, each stage under its purpose."""
    lines = []
    for stage in STAGES:
        lines.append(f"# {stage.purpose}")
        run = f"{_for_cron(program)} {stage.command} {QUIETLY} {LOG}"
        lines += [f"{when} * * *  {run}" for when in _times(stage)]
    return lines


def tick_line(program: Path) -> str:
    """The one line that can stand for them all, whatever the zone."""
    return f"* * * * *  {_for_cron(program)} tick {QUIETLY} {LOG}"


def _for_cron(program: Path) -> str:
    return shlex.quote(str(program)).replace("%", r"\%")


def service(home: Home, program: Path) -> str:
    """A systemd unit of one tick; what the tick has started outlives it."""
    words = " ".join(_systemd_word(w) for w in (str(program), "tick", *QUIETLY.split()))
    return f"""\
[Unit]
Description=avwap: start the stages of the trading day that are due

[Service]
Type=oneshot
Environment={_systemd_word(f"AVWAP_HOME={home.root}")}
ExecStart={words}
KillMode=process
"""


TIMER = """\
# Install: copy both files into ~/.config/systemd/user/, then
# systemctl --user enable --now avwap-tick.timer && loginctl enable-linger
[Unit]
Description=avwap: a tick every minute

[Timer]
OnCalendar=*-*-* *:*:00
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def launchd(home: Home, program: Path) -> str:
    """A launchd job of one tick a minute; what the tick has started outlives it."""
    job = {
        "Label": LABEL,
        "ProgramArguments": [str(program), "tick", *QUIETLY.split()],
        "EnvironmentVariables": {"AVWAP_HOME": str(home.root)},
        "StartCalendarInterval": {},
        "AbandonProcessGroup": True,
        "StandardOutPath": str(home.outputs / "cron.log"),
        "StandardErrorPath": str(home.outputs / "cron.log"),
    }
    return plistlib.dumps(job, sort_keys=False).decode()


def _systemd_word(text: str) -> str:
    """The word as systemd reads it: quoted, with its own signs doubled."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if any(c.isspace() for c in plain) or plain != text else text


def _times(stage: Stage) -> Iterator[str]:
    """Minute and hour fields: the first hour from its opening, whole hours, the last one."""
    step = stage.every_min
    first = _minute(stage.opens)
    # The evening goes over midnight: it is asked to the end of the hour it is expected in.
    last = _minute(stage.closes) - 1 if stage.trades else _minute(stage.expected_by) // 60 * 60 + 59
    hour = first // 60
    if first % 60:
        yield f"{_span(first % 60, min(last - hour * 60, 59), step)} {hour}"
        hour += 1
    whole = (last + 1) // 60
    if hour < whole:
        every = "*" if step == 1 else f"*/{step}"
        yield f"{every} {hour}-{whole - 1}" if whole - 1 > hour else f"{every} {hour}"
    if whole >= hour and (last + 1) % 60:
        yield f"{_span(0, last % 60, step)} {whole}"


def _span(first: int, last: int, step: int) -> str:
    return f"{first}-{last}" if step == 1 else f"{first}-{last}/{step}"


def _minute(moment: Moment) -> int:
    """Minutes after midnight in New York, of a full day's session."""
    at = moment.at or CLOSE
    return at.hour * 60 + at.minute + moment.plus_min
