"""make_home (`avwap init`): a home for a person who has the package without the repository.

Writes the configuration files, an example of `.env`, crontab lines, a `.gitignore` and
the folders.  What is there already is left as it is, so that a second run changes
nothing and a home that was edited stays edited.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.errors import UsageError
from avwap_cli.home import Home
from avwap_cli.playbook import STAGES, Stage

ENV_EXAMPLE = """\
# Secrets. Copy this file to .env, fill in what you have, and run `chmod 600 .env`.
# The environment wins over .env; nothing else is read from here.

# Alpaca market data (a free key is enough for the evening): https://alpaca.markets
ALPACA_API_KEY=
ALPACA_SECRET_KEY=

# Alerts into a Slack channel (optional)
SLACK_WEBHOOK_URL=
"""

GITIGNORE = """\
.env
/cache/
/outputs/
"""


@dataclass(frozen=True, slots=True)
class HomeMade:
    """What `avwap init` did; paths are relative to the home, in the order of writing."""

    home: Home
    wrote: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        if not self.wrote:
            return f"{self.home.root} is a home already; nothing was changed"
        kept = f"; left as they were: {', '.join(self.left)}" if self.left else ""
        return f"{self.home.root}: wrote {', '.join(self.wrote)}{kept}"


def make_home(
    home: Home,
    program: Path,
    config_files: Mapping[str, str],
    write: Callable[[Path, bytes], bool],
) -> HomeMade:
    """Make the home's folders, and its files where they are not there yet.

    Args:
        home: where; the folder is made if need be.
        program: absolute path of the `avwap` command, for the crontab lines.
        config_files: file name -> text of the packaged configuration.
        write: puts a file into place, whole or not at all.

    Raises:
        UsageError: the home cannot be made there.
    """
    files = {f"config/{name}": text for name, text in config_files.items()}
    files[".env.example"] = ENV_EXAMPLE
    files["crontab.example"] = crontab(home, program)
    files[".gitignore"] = GITIGNORE
    wrote, left = [], []
    try:
        for folder in (home.root, home.config, home.cache, home.outputs):
            if not folder.is_dir():
                folder.mkdir(parents=True)
                wrote += [f"{folder.name}/"] if folder != home.root else []
        for name, text in files.items():
            target = home.root / name
            if os.path.lexists(target):
                left.append(name)
            else:
                write(target, text.encode("utf-8"))
                wrote.append(name)
    except OSError as error:
        raise UsageError(
            f"{home.root} cannot be made a home: {error.strerror} ({error.filename})",
            "choose another folder, as in `avwap init ~/avwap`",
        ) from error
    return HomeMade(home, tuple(wrote), tuple(left))


def crontab(home: Home, program: Path) -> str:
    """Crontab lines of every stage, derived from the playbook.

    A stage starts when its window opens and is asked again every 15 minutes until it is
    expected to be done; once done it is a no-op.  Every day of the week is asked, for
    the command itself knows the sessions, holidays included.
    """
    lines = [
        "# Install with `crontab crontab.example` (this replaces your crontab), or paste.",
        "# Where cron knows no CRON_TZ the hours are the host's: convert them from New York.",
        "CRON_TZ=America/New_York",
        f"AVWAP_HOME={home.root}",
        "",
    ]
    command = shlex.quote(str(program)).replace("%", r"\%")
    for stage in STAGES:
        lines.append(f"# {stage.purpose}")
        lines += [f"{when} * * *  {command} {stage.name} --quiet" for when in _times(stage)]
    return "\n".join(lines) + "\n"


def _times(stage: Stage) -> list[str]:
    """Minute and hour fields from the opening of a stage to the hour it is expected in."""
    first, last = stage.opens.at, stage.expected_by.at
    if first is None or last is None:
        return []
    if first.minute == 0:
        return [f"*/15 {first.hour}-{last.hour}"]
    return [f"{first.minute}-59/15 {first.hour}", f"*/15 {first.hour + 1}-{last.hour}"]
