"""Installed packages: which of them are not the ones that were tested together."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import avwap_cli

LOCK = Path(avwap_cli.__file__).parents[1] / "requirements.lock"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.M)
NAME = re.compile(r"[A-Za-z0-9._-]+")


def missing() -> list[str]:
    """Packages that avwap needs and that are not installed."""
    try:
        needed = [line for line in requires("avwap") or () if "extra ==" not in line]
    except PackageNotFoundError:  # run from its sources
        return []
    names = [found[0] for line in needed if (found := NAME.match(line))]
    return [name for name in names if _version(name) is None]


def unlike_the_lock(lock: Path = LOCK) -> list[str] | None:
    """Installed packages of another version than the lock file's; None where there is no lock."""
    try:
        text = lock.read_text(encoding="utf-8")
    except OSError:
        return None
    pins: dict[str, list[str]] = {}  # a package has one for each kind of Python
    for name, pin in PIN.findall(text):
        pins.setdefault(name, []).append(pin)
    here = {name: _version(name) for name in pins}
    return [
        f"{name} {here[name]} (tested: {' or '.join(tested)})"
        for name, tested in pins.items()
        if here[name] not in (None, *tested)
    ]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
