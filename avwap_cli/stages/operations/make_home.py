"""make_home (`avwap init`): a home for a person who has the package without the repository.

Writes the configuration files, an example of `.env`, crontab lines and timers, a `.gitignore`
and the folders.  What is there already is left as it is, so that a second run changes
nothing and a home that was edited stays edited.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.errors import UsageError
from avwap_cli.home import Home
from avwap_cli.stages.operations.schedules import schedules

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
    files |= schedules(home, program)
    files[".gitignore"] = GITIGNORE
    wrote, left = [], []
    try:
        for folder in (home.root, home.config, home.cache, home.outputs):
            if not folder.is_dir():
                folder.mkdir(0o700 if folder == home.outputs else 0o777, parents=True)
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
