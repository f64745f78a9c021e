"""A tree of values -> records, by pydantic in its strict mode; each failure in one sentence.

The tree is handed over as JSON, where strict means what it says: no text becomes a
number, no true becomes 1, a whole number may stand for a number, a list for a tuple,
a date is YYYY-MM-DD, and NaN and infinity are nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from avwap_cli.config.layers import PACKAGED, did_you_mean, find, kind
from avwap_cli.config.records import STRICT, Document
from avwap_cli.config.types import in_words, keys_of, type_at
from avwap_cli.config.yaml_text import Value, shown

Path = tuple[str | int, ...]
MOST_LISTED = 20
_NOT_A_KEY = "unexpected_keyword_argument"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    Attributes:
        path: the key path, list indices included.
        origin: where the value stands.
        words: what was expected and what was found.
        hint: what to do, or empty.
    """

    path: Path
    origin: str
    words: str
    hint: str = ""

    def __str__(self) -> str:
        sentence = f"{self.origin}: {dotted(self.path)}: {self.words}"
        return f"{sentence}; {self.hint}" if self.hint else sentence


def dotted(path: Sequence[str | int]) -> str:
    """E.g. data.retries.page_waits_s[1]."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}"
    return text.removeprefix(".")


def problem(tree: Value, path: Path, words: str, hint: str = "") -> Problem:
    """A problem at that path, with the origin of the nearest value."""
    return Problem(path, find(tree, path)[0].origin, words, hint)


def validate(
    tree: Value, params: Mapping[str, type]
) -> tuple[Document | None, dict[str, Any], list[Problem]]:
    """The document and each strategy's params, or what is wrong with them.

    Returns:
        (document, params by strategy, problems); the document is None where there are
        problems, which come in the order of the sources.
    """
    document: Document | None
    document, problems = _parse(_documents(), tree, tree, (), params)
    own: dict[str, Value] = {}
    sections = find(tree, ("strategies",))[0].content
    for name, section in sections.items() if isinstance(sections, dict) else ():
        fields = section.content if isinstance(section.content, dict) else {}
        own[name] = fields.get("params", Value({}, section.origin))
    strategies = _strategies(tuple(params.items()))
    parsed, more = _parse(strategies, Value(own, PACKAGED), tree, ("strategies",), params)
    problems = _outermost([*problems, *more])
    if problems or document is None or parsed is None:
        return None, {}, problems
    return document, {name: getattr(parsed, name) for name in params}, []


# Both readers are made once a process: that takes longer than the reading.
@cache
def _documents() -> TypeAdapter[Any]:
    return TypeAdapter(Document)


@cache
def _strategies(params: tuple[tuple[str, type], ...]) -> TypeAdapter[Any]:
    """Reads a record with the params of each strategy."""
    return TypeAdapter(
        make_dataclass("StrategyParams", params, namespace={"__pydantic_config__": STRICT})
    )


def _parse(
    reader: TypeAdapter[Any], values: Value, tree: Value, under: Path, params: Mapping[str, type]
) -> tuple[Any, list[Problem]]:
    text = json.dumps(values.plain(), default=str)
    try:
        return reader.validate_json(text), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [
            _described(tree, _path(under, e["loc"], e["type"]), e["type"], params) for e in found
        ]


def _path(under: Path, location: Path, error: str) -> Path:
    """Where an error stands in the files; those of the params adapter lack a step."""
    of_strategy = len(location) == 1 and error in (_NOT_A_KEY, "missing")
    if not under or not location or of_strategy:
        return (*under, *location)
    return (*under, location[0], "params", *location[1:])


def _described(tree: Value, path: Path, error: str, params: Mapping[str, type]) -> Problem:
    if path[-1:] == ("[key]",):
        path = path[:-1]
    value, present = find(tree, path)
    expected = type_at(path, params)
    if error == _NOT_A_KEY or expected is None:
        above = type_at(path[:-1], params)
        known = tuple(params) if path[:-1] == ("strategies",) else keys_of(above)
        hint = did_you_mean(str(path[-1]), known) or _listed(known)
        return Problem(path, value.origin, "expected a known key, found an unknown one", hint)
    words = f"expected {in_words(expected)}, found {kind(value) if present else 'nothing'}"
    text = isinstance(value.content, bool) and in_words(expected) == "text"
    return Problem(path, value.origin, words, "put it in quotes" if text else "")


def _listed(known: tuple[str, ...]) -> str:
    """The keys that there are; of many the first ones."""
    more = len(known) - MOST_LISTED
    text = ", ".join(known[:MOST_LISTED]) or "-"
    return f"the keys here are {text}" + (f" and {more} more" if more > 0 else "")


def _outermost(problems: list[Problem]) -> list[Problem]:
    """One problem per path, none below a path that has one itself, in the order of sources."""
    kept: dict[Path, Problem] = {}
    for one in sorted(problems, key=lambda p: len(p.path)):
        if not any(one.path[:n] in kept for n in range(len(one.path) + 1)):
            kept[one.path] = one
    return sorted(kept.values(), key=lambda p: _place(p.origin))


def _place(origin: str) -> tuple[str, int]:
    label, _, line = origin.rpartition(":")
    return (label, int(line)) if line.isdecimal() else (origin, 0)
