"""Outcome: what every stage returns, and the only thing a command prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from avwap_cli.market import sessions


class State(StrEnum):
    """How a stage ended."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FROZEN = "frozen"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one stage.

    Attributes:
        stage: its name on the command line.
        trade_session: the session acted on.
        state: how it ended.
        summary: one sentence for a person.
        counts: figures worth keeping, e.g. {"members": 2672}.
        inputs, outputs: name of each artifact -> sha-256.
        quality: clean, degraded or refused, where the stage judges it; its reasons are warnings.
        warnings: sentences a person should read.
        body: what `--json` adds to the above.
        exit_code: what the process ends with.
        news: what people are told of a run that did its work, whoever started it.
    """

    stage: str
    trade_session: date
    state: State
    summary: str
    counts: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    quality: str = "clean"
    warnings: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    news: str = ""

    @property
    def as_of(self) -> date:
        """The session before the trade session, the last one that its data can be of."""
        return sessions.previous_session(self.trade_session)
