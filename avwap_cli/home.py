"""Home: the one folder that everything hangs off.

Configuration, cache and outputs lie in it, and nothing outside of it is written.  It is
the folder of `--home`, else of `AVWAP_HOME`, else the nearest folder from the working
directory upward that is a home already, else the working directory.  Nothing here
writes: whoever writes a file makes its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from avwap_cli.errors import UsageError

SESSIONS, LEDGERS = "sessions", "ledger"  # under `outputs`


@dataclass(frozen=True, slots=True)
class Home:
    """A home and its folders; `root` is absolute."""

    root: Path

    @property
    def config(self) -> Path:
        """The YAML files."""
        return self.root / "config"

    @property
    def env_file(self) -> Path:
        """The secrets, never under version control."""
        return self.root / ".env"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time and costs only time."""
        return self.root / "cache"

    @property
    def outputs(self) -> Path:
        """What may not be deleted."""
        return self.root / "outputs"

    @property
    def sessions(self) -> Path:
        """One folder per trade session."""
        return self.outputs / SESSIONS

    def session(self, day: date) -> Path:
        """The folder of that trade session, there or not."""
        return self.sessions / day.isoformat()

    @property
    def ledgers(self) -> Path:
        """One file per broker and account."""
        return self.outputs / LEDGERS

    @property
    def logs(self) -> Path:
        return self.outputs / "logs"

    @property
    def locks(self) -> Path:
        return self.outputs / "locks"


def is_home(folder: Path) -> bool:
    """Whether the folder holds a configuration, or sessions that a run has written."""
    home = Home(folder)
    return (home.config / "default.yaml").is_file() or home.sessions.is_dir()


def find_home(
    flag: str | Path | None, environment: Mapping[str, str], working: Path | None
) -> Home:
    """The home of this run.

    Args:
        flag: the value of `--home`, None where it was not given.
        environment: the process environment.
        working: the working directory, absolute; None when it was removed.

    Raises:
        UsageError: `--home` or `AVWAP_HOME` names no folder, or there is nowhere to look.
    """
    if flag is not None:
        return _named(Path(flag), "--home", working)
    if environment.get("AVWAP_HOME"):
        return _named(Path(environment["AVWAP_HOME"]), "AVWAP_HOME", working)
    if working is None:
        raise _nowhere()
    for folder in (working, *working.parents):
        if is_home(folder):
            return Home(folder)
    return Home(working)


def _nowhere() -> UsageError:
    return UsageError(
        "the working directory was removed", "change to another one, or name a home from the root"
    )


def _named(path: Path, by: str, working: Path | None) -> Home:
    named = path.expanduser()
    if working is None and not named.is_absolute():
        raise _nowhere()
    root = (named if working is None else working / named).resolve()
    if not root.is_dir():
        raise UsageError(
            f"{by} names {root}, which is not a folder", f"make a home with `avwap init {root}`"
        )
    return Home(root)
