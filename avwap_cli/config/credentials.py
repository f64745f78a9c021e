"""Secrets: keys and the addresses of alerts, from the environment or from `.env` at home; nowhere else.

They are no part of the configuration: never in its hash, its files or its listing.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avwap_cli.config.records import Setting
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home

NAMES = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY", "SLACK_WEBHOOK_URL")
MASK = "***"
_MAX_BYTES = 64_000


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The secrets that were found; printing the record shows none of them.

    Attributes:
        names: those that were looked for.
        values: name -> secret, only those that are set.
        origins: name -> where it was found.
        warnings: sentences a person should read.
    """

    names: tuple[str, ...]
    values: Mapping[str, str]
    origins: Mapping[str, str]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={MASK}" for name in self.names if name in self.values)
        return f"Secrets({shown})"

    def masked(self) -> tuple[Setting, ...]:
        """One row per secret, for listings."""
        return tuple(
            Setting(
                name,
                MASK if name in self.values else None,
                self.origins.get(name, "not set"),
            )
            for name in self.names
        )


def well_formed(name: str, value: str) -> str:
    """The value, if it can be sent as a key; an empty one is none.

    Raises:
        ConfigError: it holds a space, a line break or another character that no key has.
    """
    if all("!" <= character <= "~" for character in value):
        return value
    raise ConfigError(
        f"{name}: expected a key, found a space, a line break or another character that none has;"
        " copy both keys anew into .env, without quotes"
    )


def load_secrets(home: Home, environment: Mapping[str, str], more: Sequence[str] = ()) -> Secrets:
    """Secrets of the environment, and of `.env` where the environment has none.

    Args:
        home: where `.env` lies.
        environment: of the process.
        more: names that the configuration gives, beside those known anyway.

    Raises:
        ConfigError: `.env` is unreadable or a line of it is not NAME=VALUE.
    """
    names = tuple(dict.fromkeys((*NAMES, *more)))
    values, origins, warnings = _env_file(home, names)
    for name in names:
        if environment.get(name):
            values[name], origins[name] = environment[name], f"environment {name}"
    return Secrets(names, values, origins, tuple(warnings))


def _env_file(home: Home, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    values: dict[str, str] = {}
    origins: dict[str, str] = {}
    warnings: list[str] = []
    try:
        mode = home.env_file.stat().st_mode
        with home.env_file.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return values, origins, warnings
    except OSError as error:
        raise ConfigError(f".env: expected a readable file, found: {error.strerror}") from error
    if len(raw) > _MAX_BYTES:
        raise ConfigError(f".env: expected at most {_MAX_BYTES} bytes, found more")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        warnings.append(f"others can read your secrets; run `chmod 600 {home.env_file}`")
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(".env: expected UTF-8 text, found other bytes") from error
    for number, line in enumerate(lines, start=1):
        name, value = _pair(line, number)
        if name in names and value:
            values[name], origins[name] = value, f".env:{number}"
        elif name.startswith("AVWAP_"):
            warnings.append(
                f".env:{number}: {name} is not read from here; put it into config/ "
                "or into the environment"
            )
    return values, origins, warnings


def _pair(line: str, number: int) -> tuple[str, str]:
    """Name and value of one line; two empty texts for a blank line or a comment."""
    line = line.strip()
    if not line or line.startswith("#"):
        return "", ""
    name, equals, value = line.removeprefix("export ").partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name.isidentifier():
        raise ConfigError(f".env:{number}: expected NAME=VALUE, found something else")
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        rest = value[end + 1 :].strip()
        if end < 0 or (rest and not rest.startswith("#")):
            raise ConfigError(f".env:{number}: {name}: expected a closing quote, found none")
        return name, value[1:end]
    return name, value.split(" #")[0].rstrip()
