"""Runs: one record per run of a stage; when, how long, where and by which code.

Artifacts hold functions of their inputs only, so everything that differs between two
runs over equal inputs stands here.  A run that changed nothing leaves no record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

SCHEMA = "avwap.run/1.0"
FAILED = "failed"
TEXTS = ("stage", "host", "code_version", "config_hash", "state", "quality", "error")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run.

    Attributes:
        stage: its command.
        trade_session, as_of: the session acted on and the one its data are of.
        started: when it began by the computer's clock, aware: the order in which runs happened.
        seconds: how long it took, wall time.
        host, pid: where it ran.
        code_version: version of the program.
        config_hash: sha-256 of the effective configuration.
        state: `done`, `unchanged`, `frozen`, `refused` (see `Outcome`) or `failed`.
        exit_code: what the process ended with.
        inputs, outputs: name of each artifact -> sha-256.
        counts: figures by name, reasons included.
        quality: clean, degraded or refused.
        warnings: sentences a person should read.
        error: the failure's message; empty when there was none.
        ended: by the run's own clock, which a rehearsal or a local exchange sets; None in
            records of an earlier version.
    """

    stage: str
    trade_session: date
    as_of: date
    started: datetime
    seconds: float
    host: str
    pid: int
    code_version: str
    config_hash: str
    state: str
    exit_code: int = 0
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    quality: str = "clean"
    warnings: tuple[str, ...] = ()
    error: str = ""
    ended: datetime | None = None

    def body(self) -> dict[str, Any]:
        """The record as a JSON document without its schema; counts keep their order."""
        body = {f.name: getattr(self, f.name) for f in fields(self)}
        return body | {
            "inputs": dict(sorted(self.inputs.items())),
            "outputs": dict(sorted(self.outputs.items())),
            "counts": dict(self.counts),
            "trade_session": self.trade_session.isoformat(),
            "as_of": self.as_of.isoformat(),
            "started": self.started.isoformat(),
            "warnings": list(self.warnings),
            "ended": self.ended and self.ended.isoformat(),
        }


def run_of(document: Mapping[str, Any]) -> RunRecord:
    """The record that `body` made a document of; unknown keys of a newer minor are ignored.

    Raises:
        ValueError: a key is missing or a value is not of its kind.
    """
    try:
        values = {f.name: document[f.name] for f in fields(RunRecord) if f.name != "ended"}
        for name in TEXTS:
            if not isinstance(values[name], str):
                raise ValueError(f"{name} is not text")
        started = datetime.fromisoformat(values["started"])
        if started.tzinfo is None:
            raise ValueError("started has no time zone")
        return RunRecord(
            **values
            | {
                "trade_session": date.fromisoformat(values["trade_session"]),
                "as_of": date.fromisoformat(values["as_of"]),
                "started": started,
                "seconds": _finite(values["seconds"]),
                "pid": int(values["pid"]),
                "exit_code": int(values["exit_code"]),
                "inputs": {str(k): str(v) for k, v in values["inputs"].items()},
                "outputs": {str(k): str(v) for k, v in values["outputs"].items()},
                "counts": {str(k): int(v) for k, v in values["counts"].items()},
                "warnings": tuple(map(str, values["warnings"])),
                "ended": _moment(document.get("ended")),
            }
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as problem:
        raise ValueError(f"not a run record: {problem!r}") from problem


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no length of time")
    return number


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("ended has no time zone")
    return moment


def latest_by_stage(runs: Iterable[RunRecord]) -> dict[str, RunRecord]:
    """The last run of each stage; `runs` in the order in which they happened."""
    return {run.stage: run for run in runs}
