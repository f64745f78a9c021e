"""YAML text -> values that know the line they stand on.

Read from the parser's events, so that duplicate keys (of which YAML silently takes the
last) and deep or self-repeating documents are refused before they cost anything.  Plain
words mean what YAML 1.2 says: `on`, `off`, `yes`, `no` are text (ON is a ticker), `010`
is text and not eight, `1e6` is a number, and keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from avwap_cli.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]{0,40})")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|nan)", re.IGNORECASE)

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """One value and where it comes from.

    Attributes:
        content: a scalar, a list of plain values, or a mapping of names to Values.
        origin: e.g. "config/default.yaml:12" (the line of its key).
    """

    content: Plain
    origin: str

    def plain(self) -> Any:
        """The value without origins."""
        if isinstance(self.content, dict):
            return {key: value.plain() for key, value in self.content.items()}
        return self.content


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    origin: str
    entries: dict[str, Value] | list[Any]
    key: str | None = None
    key_origin: str = ""


def shown(text: str) -> str:
    """The text as part of a one-line message: escaped where it must be, and not too long."""
    if text.isprintable() and len(text) <= 60:
        return text
    return text[:60].encode("unicode_escape").decode("ascii") + ("..." if len(text) > 60 else "")


def read_yaml(text: str, label: str) -> Value:
    """The document of one file or environment variable; null where there is none.

    Args:
        text: YAML.
        label: what to call the source in messages and origins.

    Raises:
        ConfigError: not YAML, a duplicate key, an alias, a tag, or too deep.
    """
    try:
        root = _build(yaml.parse(text, Loader=_LOADER), label)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{label}:{line}: expected YAML, found: {error.problem}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        words = " ".join(str(error).split())
        raise ConfigError(f"{label}: expected YAML, found: {words}") from error
    return Value(None, label) if root is None else root


def _build(events: Iterator[Any], label: str) -> Value | None:
    stack: list[_Open] = []
    root: Value | None = None
    for event in events:
        where = f"{label}:{event.start_mark.line + 1}"
        if root is not None and isinstance(event, yaml.DocumentStartEvent):
            raise ConfigError(f"{where}: expected one YAML document, found a second one")
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = stack.pop()
            value = Value(done.entries, done.origin)
        elif isinstance(event, yaml.NodeEvent):
            _refuse(event, where, len(stack))
            if not isinstance(event, yaml.ScalarEvent):
                mapping = isinstance(event, yaml.MappingStartEvent)
                origin = stack[-1].key_origin if stack and stack[-1].key is not None else where
                stack.append(_Open(origin, {} if mapping else []))
                continue
            if _took_as_key(stack, event, where):
                continue
            value = Value(_scalar(event), where)
        else:
            continue
        if stack:
            _attach(stack[-1], value, where)
        else:
            root = value
    return root


def _refuse(event: Any, where: str, depth: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise ConfigError(
            f"{where}: expected plain values, found a YAML anchor or alias ({event.anchor})",
            "write the value out",
        )
    if event.tag not in (None, "!"):
        raise ConfigError(f"{where}: expected plain values, found the YAML tag {event.tag}")
    if depth >= MAX_DEPTH:
        raise ConfigError(f"{where}: expected at most {MAX_DEPTH} levels, found more")


def _took_as_key(stack: list[_Open], event: Any, where: str) -> bool:
    if not stack or isinstance(stack[-1].entries, list) or stack[-1].key is not None:
        return False
    top = stack[-1]
    if event.value in top.entries:
        raise ConfigError(f"{where}: {shown(event.value)}: expected each key once, found it twice")
    top.key, top.key_origin = event.value, where
    return True


def _attach(parent: _Open, value: Value, where: str) -> None:
    if isinstance(parent.entries, list):
        parent.entries.append(value.plain())
    elif parent.key is None:
        raise ConfigError(f"{where}: expected a name as key, found a list or mapping")
    else:
        parent.entries[parent.key] = Value(value.content, parent.key_origin)
        parent.key = None


def _scalar(event: Any) -> Plain:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    digits = text.replace("_", "")
    if _INT.fullmatch(text):
        return int(digits)
    if _FLOAT.fullmatch(text) and not re.fullmatch(r"[-+]?0[0-9_]+", text):
        return float(digits)
    if special := _SPECIAL.fullmatch(text):
        return float(special.group(1) + special.group(2))
    return text
