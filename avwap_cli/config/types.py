"""What each key may be, in words: the type of a key path and its plain-English text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Len, Lt

from avwap_cli.config.records import Document

_NAMES = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
    date: "a date like 2024-02-02",
}
_MARKS = {Gt: ("> ", "gt"), Ge: (">= ", "ge"), Lt: ("< ", "lt"), Le: ("<= ", "le")}


def type_at(path: Sequence[str | int], params: Mapping[str, type]) -> Any:
    """The type at that path; None where the schema knows no such key.

    Args:
        path: keys and list indices from the top.
        params: strategy name -> the record of its `params`.
    """
    hint: Any = Document
    for depth, part in enumerate(path):
        if depth == 2 and path[0] == "strategies" and part == "params":
            hint = params.get(str(path[1]))
        elif depth == 1 and path[0] == "strategies" and part not in params:
            return None
        else:
            hint = _inside(_bare(hint), part)
        if hint is None:
            return None
    return hint


def keys_of(hint: Any) -> tuple[str, ...]:
    """The keys a record has; empty for what is no record."""
    bare = _bare(hint)
    if isinstance(bare, type) and dataclasses.is_dataclass(bare):
        return tuple(f.name for f in dataclasses.fields(bare))
    return ()


def in_words(hint: Any) -> str:
    """E.g. "a number > 0", "one of sip, iex", "a list, each text"."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return " ".join(w for w in (in_words(args[0]), _bounds(args[1:])) if w)
    if origin in (Union, UnionType):
        return f"{in_words(_bare(hint))} or null"
    if origin is Literal:
        return f"one of {', '.join(str(arg) for arg in args)}"
    if origin is tuple:
        if args[-1] is Ellipsis:
            return f"a list, each {in_words(args[0])}"
        return f"a list of {' and '.join(in_words(arg) for arg in args)}"
    return _NAMES.get(hint, "a mapping")


def _bare(hint: Any) -> Any:
    """Without Annotated at the top and without the None of an optional."""
    origin = get_origin(hint)
    if origin is Annotated and get_origin(get_args(hint)[0]) is not None:
        return _bare(get_args(hint)[0])
    if origin in (Union, UnionType):
        return next(arg for arg in get_args(hint) if arg is not NoneType)
    return hint


def _inside(hint: Any, part: str | int) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return get_type_hints(hint, include_extras=True).get(str(part))
    if origin is tuple and isinstance(part, int):
        return args[0] if args[-1] is Ellipsis else args[min(part, len(args) - 1)]
    return args[1] if origin is Mapping else None


def _bounds(constraints: Sequence[Any]) -> str:
    words = []
    for constraint in constraints:
        if isinstance(constraint, Len):
            words.append(f"({constraint.min_length} of them)")
        elif type(constraint) in _MARKS:
            mark, attribute = _MARKS[type(constraint)]
            words.append(f"{mark}{getattr(constraint, attribute):g}")
    return " and ".join(words)
