"""Alpaca's own descriptions of its answers, where they are at hand.

They are read from the folder that AVWAP_OPENAPI names, and never copied.  Every JSON answer of the suite to a request that was done is held against
the schema of its path, method and status.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import (
    OAS30Validator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4, DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("AVWAP_OPENAPI", ROOT.parent / "shared" / "openapi"))
FILES = ("trading.yaml", "data.yaml")


@dataclass(frozen=True)
class Exchanged:
    """One answer: lower-case method, path without query, status, body."""

    method: str
    path: str
    status: int
    body: bytes


@dataclass(frozen=True)
class Difference:
    """A deliberate difference from a schema: where, which error, and why it is meant."""

    where: str
    error: str
    reason: str

    def covers(self, where: str, error: str) -> bool:
        return bool(re.fullmatch(self.where, where) and re.search(self.error, error))


@dataclass
class Checked:
    """What came of holding answers against schemas."""

    answers: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def are_there() -> bool:
    """Whether the descriptions are at hand."""
    return all((FOLDER / name).is_file() for name in FILES)


def check(exchanged: list[Exchanged], differences: list[Difference]) -> Checked:
    """Hold the answers of requests that were done against their schemas."""
    result = Checked()
    for answer in exchanged:
        if not 200 <= answer.status < 300 or answer.path.startswith("/_exchange/"):
            continue
        where = f"{answer.method.upper()} {template(answer)} {answer.status}"
        result.answers[where] += 1
        for error in _errors(answer):
            known = next((d for d in differences if d.covers(where, error)), None)
            if known is None:
                result.errors.append(f"{where}: {error}")
            else:
                result.differences[known.reason] += 1
    return result


def template(answer: Exchanged) -> str:
    """The described path that the answer's path is an instance of.

    Raises:
        LookupError: none is.
    """
    for expression, _, path in _templates():
        if expression.fullmatch(answer.path):
            return path
    raise LookupError(f"{answer.path} is not described")


def _errors(answer: Exchanged) -> Iterator[str]:
    validator = _validator(template(answer), answer.method, str(answer.status))
    if validator is None:
        yield "this status is not described"
        return
    for error in validator.iter_errors(json.loads(answer.body)):
        place = "/".join("*" if isinstance(p, int) else str(p) for p in error.absolute_path)
        yield f"{place}: {error.message[:300]}"


@cache
def _documents() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for name in FILES:
        document = yaml.load((FOLDER / name).read_text(encoding="utf-8"), loader)
        found[f"urn:openapi:{name}"] = json.loads(json.dumps(document, default=str))
    return found


@cache
def _templates() -> list[tuple[re.Pattern[str], str, str]]:
    """Expression, document and path; paths without parts first."""
    found = []
    for urn, document in _documents().items():
        for path in document["paths"]:
            parts = re.split(r"(\{\w+\})", path)
            pattern = "".join("[^/]+" if p.startswith("{") else re.escape(p) for p in parts)
            found.append((re.compile(pattern), urn, path))
    return sorted(found, key=lambda row: row[2].count("{"))


@cache
def _registry() -> Any:
    resources = [
        (urn, Resource(document, DRAFT202012 if _is_31(urn) else DRAFT4))
        for urn, document in _documents().items()
    ]
    return Registry().with_resources(resources)


def _is_31(urn: str) -> bool:
    return str(_documents()[urn]["openapi"]).startswith("3.1")


@cache
def _validator(path: str, method: str, status: str) -> Any:
    """The validator of one answer; None where the status has no schema."""
    urn = next(urn for _, urn, known in _templates() if known == path)
    answers = _documents()[urn]["paths"][path].get(method, {}).get("responses", {})
    if "application/json" not in answers.get(status, {}).get("content", {}):
        return None
    steps = ("paths", path, method, "responses", status, "content", "application/json", "schema")
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    kind, formats = (
        (OAS31Validator, oas31_format_checker)
        if _is_31(urn)
        else (OAS30Validator, oas30_format_checker)
    )
    return kind({"$ref": f"{urn}#/{pointer}"}, registry=_registry(), format_checker=formats)
