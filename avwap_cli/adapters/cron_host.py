"""The host's cron: which one is installed, in which zone it reads hours, and its crontab.

cronie names itself and honours `CRON_TZ`; Debian's cron, busybox and macOS read hours in host
time.  Of any other nothing is assumed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avwap_cli.errors import InputError
from avwap_cli.review.operations.cron_hosts import CronHost

WAIT_S = 10
LONGEST = 1_000_000  # bytes
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
CRONIE = re.compile(r"cronie(?:[ -]v?(\d[\w.]*))?")
SYSTEMD_TIMER = ".config/systemd/user/timers.target.wants/avwap-tick.timer"
LAUNCHD_JOB = "Library/LaunchAgents/avwap.tick.plist"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


Ask = Callable[[Sequence[str]], Answer | None]


def ask_host(words: Sequence[str]) -> Answer | None:
    """Run a program of the system; None where it is not there or says nothing in time."""
    try:
        done = subprocess.run(
            words, capture_output=True, check=False, timeout=WAIT_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    out, err = (each.decode("utf-8", errors="replace") for each in (done.stdout, done.stderr))
    return Answer(done.returncode, out, err)


def cron_host(
    ask: Ask = ask_host,
    root: Path = Path("/"),
    own: Path | None = None,
    system: str = sys.platform,
) -> CronHost:
    """What this host's cron is.

    Args:
        ask: runs a program.
        root: of the file system.
        own: the person's folder (default: theirs).
    """
    name, honours = _cron(ask, root, system)
    folder = Path(os.path.expanduser("~")) if own is None else own
    timers = [str(folder / name) for name in (SYSTEMD_TIMER, LAUNCHD_JOB)]
    installed = tuple(path for path in timers if os.path.lexists(path))
    return CronHost(name, honours, _zone(root), installed)


def installed_crontab(ask: Ask = ask_host) -> str | None:
    """What `crontab -l` says; empty where nothing is installed, None where there is no cron."""
    said = ask(("crontab", "-l"))
    if said is None:
        return None
    return said.out if said.code == 0 else ""


def crontab_in(path: Path) -> str:
    """The text of a file with crontab lines.

    Raises:
        InputError: it cannot be read, or is no crontab: a pipe or a device, too long, no text.
    """
    hint = "put what `crontab -l` says into a file, and name that"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path} is not a file", hint)
        with path.open("rb") as file:
            read = file.read(LONGEST + 1)
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror}", hint) from problem
    if len(read) > LONGEST:
        raise InputError(f"{path} is no crontab: it has more than {LONGEST:,} bytes", hint)
    text = read.decode("utf-8", errors="replace")
    odd = next((n for n, line in enumerate(text.split("\n"), 1) if _is_odd(line)), None)
    if odd is not None:
        raise InputError(f"{path} is no crontab: line {odd} is not text in UTF-8", hint)
    return text


def _is_odd(line: str) -> bool:
    """Whether no crontab holds such a line; a comment may be in any encoding."""
    signs = set(line) - {"\t", "\r", "\f"}
    return any(sign < " " for sign in signs) or (
        UNREADABLE in signs and not line.lstrip().startswith("#")
    )


def _cron(ask: Ask, root: Path, system: str) -> tuple[str, bool]:
    """Its name, and whether it honours CRON_TZ."""
    if system == "darwin":
        return "cron of macOS", False
    for program in ("crond", "crontab"):
        path = shutil.which(program, path=_folders(root))
        if path is not None and "busybox" in Path(path).resolve().name:
            return "busybox crond", False
    for program in ("crontab", "crond"):
        said = ask((program, "-V"))
        found = CRONIE.search(f"{said.out} {said.err}") if said is not None else None
        if found is not None:
            return f"cronie {found[1]}" if found[1] else "cronie", True
    if (root / "etc" / "debian_version").is_file():
        said = ask(("dpkg-query", "-W", "-f", "${Version}", "cron"))
        if said is not None and said.code == 0 and said.out.strip():
            return f"Debian's cron {said.out.strip()}", False
    return "", False


def _folders(root: Path) -> str:
    return os.pathsep.join(str(root / name) for name in ("usr/sbin", "usr/bin", "sbin", "bin"))


def _zone(root: Path) -> str:
    """The zone of the host's clock by its name; empty where nothing says it."""
    try:
        target = os.readlink(root / "etc" / "localtime")
    except OSError:
        target = ""
    named = target.partition("zoneinfo/")[2]
    if named:
        return named
    try:
        lines = (root / "etc" / "timezone").read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ""
    return lines[0] if lines else ""
