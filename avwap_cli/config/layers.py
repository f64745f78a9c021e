"""Layers: packaged defaults < home/config < --config FILE < environment < flags.

Each layer is a tree of values that know their origin; a later one is laid over an
earlier one, mapping by mapping.  Lists replace, so a reference is never half of two.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from avwap_cli.config.credentials import NAMES as SECRETS
from avwap_cli.config.yaml_text import MAX_BYTES, Value, read_yaml, shown
from avwap_cli.defaults import texts
from avwap_cli.errors import ConfigError

PREFIX = "AVWAP_"
RESERVED = (
    "AVWAP_HOME",
    "AVWAP_LIVE",
    "AVWAP_REAL_DATA",
    "AVWAP_OPENAPI",
    "AVWAP_CONFIG",
    "AVWAP_DEMO_SEED",
)
PACKAGED = "packaged default"
COMMAND_LINE = "command line"
FREE_SECTIONS = ("user_anchors",)
_SECRET_WORDS = re.compile(r"(api|secret|access|private)_?key|secret|passw|token|webhook", re.I)


@cache
def packaged() -> Mapping[str, Value]:
    """File name -> the packaged tree of that file; read once a process, not to be changed."""
    return {name: _one_label(read_yaml(text, PACKAGED), PACKAGED) for name, text in texts().items()}


def overlay(below: Value, above: Value) -> Value:
    """`above` laid over `below`: mappings merge, everything else replaces."""
    if not isinstance(below.content, dict) or not isinstance(above.content, dict):
        return above
    merged = dict(below.content)
    for key, value in above.content.items():
        merged[key] = overlay(merged[key], value) if key in merged else value
    return Value(merged, above.origin if above.content or not below.content else below.origin)


def stack(layers: Iterable[Value]) -> Value:
    """All layers in one tree, the last on top."""
    tree = Value({}, PACKAGED)
    for layer in layers:
        tree = overlay(tree, layer)
    return tree


def read_file(path: Path, label: str) -> Value:
    """One configuration file.

    Raises:
        ConfigError: it is absent, unreadable, too large, not UTF-8 or not a YAML mapping;
            or it holds a key that looks like a secret.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{label}: expected a readable file, found: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{label}: expected at most {MAX_BYTES} bytes, found more")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{label}: expected UTF-8 text, found the byte 0x{raw[error.start]:02x} "
            f"at offset {error.start}"
        ) from error
    tree = read_yaml(text, label)
    if tree.content is None:
        return Value({}, label)
    if not isinstance(tree.content, dict):
        raise ConfigError(f"{tree.origin}: expected a mapping of sections, found {kind(tree)}")
    _refuse_secrets(tree, ())
    return tree


def from_environment(environment: Mapping[str, str], known: Value) -> tuple[list[Value], list[str]]:
    """The layers of all AVWAP_SECTION__KEY variables, and a sentence per wrong one."""
    layers, wrong = [], []
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in RESERVED:
            continue
        try:
            path = _path_of(name, known)
            layers.append(_nested(path, _from_text(environment[name], f"environment {name}")))
        except ConfigError as error:
            wrong.append(str(error))
    return layers, wrong


def from_flags(flags: Mapping[str, str]) -> tuple[list[Value], list[str]]:
    """The layers of the flags, dotted key -> text, and a sentence per wrong one."""
    layers, wrong = [], []
    for key, text in flags.items():
        try:
            layers.append(_nested(tuple(key.split(".")), _from_text(text, COMMAND_LINE)))
        except ConfigError as error:
            wrong.append(str(error))
    return layers, wrong


def leaves(tree: Value, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Every scalar, list and empty mapping with its path, in document order."""
    if isinstance(tree.content, dict) and tree.content:
        for key, value in tree.content.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, tree


def find(tree: Value, path: Iterable[str | int]) -> tuple[Value, bool]:
    """The value at the path, or the nearest one above it; whether the path was there."""
    for part in path:
        if isinstance(tree.content, list) and isinstance(part, int) and part < len(tree.content):
            tree = Value(tree.content[part], tree.origin)
        elif isinstance(tree.content, dict) and part in tree.content:
            tree = tree.content[str(part)]
        else:
            return tree, False
    return tree, True


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one; None where none is near."""
    folded = {name.casefold(): name for name in sorted(known)}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "did you mean 'x'?", or nothing where no known word is near."""
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else ""


def kind(value: Value) -> str:
    """What a value is, in words, without its content where that is long."""
    match value.content:
        case dict():
            return "a mapping"
        case list():
            return f"a list of {len(value.content)}"
        case None:
            return "nothing (null)"
        case bool():
            return str(value.content).lower()
        case str():
            return f"'{shown(value.content)}'"
    return shown(repr(value.content))


def _refuse_secrets(tree: Value, path: tuple[str, ...]) -> None:
    if not isinstance(tree.content, dict) or path[:1] in [(name,) for name in FREE_SECTIONS]:
        return
    for key, value in tree.content.items():
        if _SECRET_WORDS.search(key):
            raise ConfigError(
                f"{value.origin}: {shown('.'.join((*path, key)))}: expected no secrets in YAML, "
                "found a key that looks like one",
                "put it into the environment or into .env (see docs/configuration.md, 'Secrets')",
            )
        _refuse_secrets(value, (*path, key))


def _path_of(name: str, known: Value) -> tuple[str, ...]:
    """The key path that a variable names; case counts only below free sections."""
    path: list[str] = []
    tree = known
    for part in name[len(PREFIX) :].split("__"):
        names = tree.content if isinstance(tree.content, dict) else {}
        matches = [key for key in names if key.casefold() == part.casefold()]
        if matches:
            path.append(matches[0])
            tree = names[matches[0]]
        elif path and path[0] in FREE_SECTIONS and part:
            path.append(part)
            tree = Value({}, "")
        else:
            raise _unknown_variable(name, known)
    return tuple(path)


def _unknown_variable(name: str, known: Value) -> ConfigError:
    """The error for a variable that names no setting; its value is never shown."""
    names = ["__".join(path).upper() for path, _ in leaves(known)]
    names += [reserved.removeprefix(PREFIX) for reserved in RESERVED]
    near = nearest(name[len(PREFIX) :], [*names, *SECRETS])
    full = near if near in SECRETS else f"{PREFIX}{near}"
    return ConfigError(
        f"environment {shown(name)}: expected the name of a setting, found an unknown one",
        f"did you mean {full!r}?" if near else "`avwap config show` lists all settings",
    )


def _from_text(text: str, label: str) -> Value:
    """One value written as in YAML."""
    if not text.strip():
        return Value(text, label)
    return _one_label(read_yaml(text, label), label)


def _one_label(tree: Value, label: str) -> Value:
    if isinstance(tree.content, dict):
        return Value({k: _one_label(v, label) for k, v in tree.content.items()}, label)
    return Value(tree.content, label)


def _nested(path: tuple[str, ...], value: Value) -> Value:
    for key in reversed(path):
        value = Value({key: value}, value.origin)
    return value
