"""Outcomes on the screen: as one JSON document, or in the words of their page.

A page is a function of screen and outcome; the plain one is the sentence with its counts and
warnings, with which most others begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.screen import Screen

DETAIL = ("dropped_", "earnings_", "liquid_")  # in the JSON, too many for a line

Prose = Callable[[Screen, Outcome], None]


def show_summary(screen: Screen, outcome: Outcome) -> None:
    """The outcome's sentence, its counts and its warnings."""
    mark = "" if outcome.state is State.DONE else f" ({outcome.state})"
    screen.line(f"{outcome.stage} {outcome.trade_session}{mark}: {outcome.summary}")
    show_counts(screen, outcome)
    screen.warnings(outcome.warnings)


def show_counts(screen: Screen, outcome: Outcome) -> None:
    """The figures by name on one line."""
    if outcome.counts:
        screen.line("  " + counts_text(outcome.counts))


def show(screen: Screen, outcome: Outcome, prose: Prose = show_summary) -> Outcome:
    """Print the outcome, as a document or as `prose` has it, and hand it on."""
    if screen.as_json:
        screen.document(outcome_document(outcome))
    else:
        prose(screen, outcome)
    return outcome


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What `--json` prints: the outcome's own fields, then its body."""
    return {
        "stage": outcome.stage,
        "trade_session": outcome.trade_session.isoformat(),
        "as_of": outcome.as_of.isoformat(),
        "state": outcome.state.value,
        "summary": outcome.summary,
        "counts": dict(outcome.counts),
        "inputs": dict(outcome.inputs),
        "outputs": dict(outcome.outputs),
        "quality": outcome.quality,
        "warnings": list(outcome.warnings),
        "exit_code": outcome.exit_code,
        "body": dict(outcome.body),
    }


def counts_text(counts: Mapping[str, int]) -> str:
    """The figures a person looks for, without those that are details."""
    shown = {name: n for name, n in counts.items() if not name.startswith(DETAIL)}
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in shown.items())
