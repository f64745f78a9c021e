"""Outcomes on the screen: a sentence with its counts and warnings, or one document."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen

TRADE = date(2024, 3, 8)


def outcome(**changes: Any) -> Outcome:
    fields: dict[str, Any] = {
        "stage": "universe",
        "trade_session": TRADE,
        "state": State.DONE,
        "summary": "2,672 equities",
        "counts": {"members": 2678},
        "warnings": ("12 without sector",),
    }
    return Outcome(**fields | changes)


def shown(result: Outcome, **how: Any) -> tuple[str, str]:
    out, err = how.pop("out", io.StringIO()), io.StringIO()
    assert show(Screen(out, err, **how), result) is result
    return out.getvalue(), err.getvalue()


def test_an_outcome_is_a_sentence_its_counts_and_warnings() -> None:
    assert shown(outcome()) == (
        "universe 2024-03-08: 2,672 equities\n  members 2,678\n",
        "warning: 12 without sector\n",
    )
    assert shown(outcome(state=State.UNCHANGED))[0].startswith("universe 2024-03-08 (unchanged): ")


def test_quiet_leaves_only_the_warnings() -> None:
    assert shown(outcome(), quiet=True) == ("", "warning: 12 without sector\n")


def test_json_is_one_document_with_everything() -> None:
    out, err = shown(outcome(body={"x": [1, None]}, exit_code=4), as_json=True)
    assert err == ""
    assert json.loads(out) == {
        "stage": "universe", "trade_session": "2024-03-08", "as_of": "2024-03-07", "state": "done",
        "summary": "2,672 equities", "counts": {"members": 2678}, "inputs": {}, "outputs": {},
        "quality": "clean", "warnings": ["12 without sector"], "exit_code": 4, "body": {"x": [1, None]},
    }  # fmt: skip


def test_a_page_of_its_own_stands_for_the_sentence_but_never_beside_a_document() -> None:
    def page(screen: Screen, told: Outcome) -> None:
        screen.warnings([f"page of {told.stage}"])

    for as_json in (False, True):
        out, err = io.StringIO(), io.StringIO()
        show(Screen(out, err, as_json), outcome(), page)
        assert err.getvalue() == ("" if as_json else "warning: page of universe\n")
        assert bool(out.getvalue()) is as_json
