"""A run record and its document say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import avwap_cli
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import SCHEMA, RunRecord, latest_by_stage, run_of

SHA = "0" * 64
RUN = RunRecord(
    stage="refresh-cache",
    trade_session=date(2024, 3, 8),
    as_of=date(2024, 3, 7),
    started=datetime(2024, 3, 7, 19, 0, 1, tzinfo=EASTERN),
    seconds=12.5,
    host="desk",
    pid=4242,
    code_version="0.1.0",
    config_hash=SHA,
    state="done",
    inputs={"universe.csv": SHA},
    outputs={"cache.json": SHA},
    counts={"symbols": 2985, "bad_bars": 3},
    warnings=("one",),
)


def document(run: RunRecord) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps({"schema": SCHEMA, **run.body()}))
    return loaded


def test_a_record_survives_its_document() -> None:
    assert run_of(document(RUN)) == RUN


def test_the_time_of_a_rehearsal_is_kept_and_older_records_have_none() -> None:
    ended = datetime(2024, 3, 8, 16, 0, 5, tzinfo=EASTERN)
    assert run_of(document(replace(RUN, ended=ended))).ended == ended
    older = document(RUN)
    del older["ended"]
    assert run_of(older) == RUN
    for wrong in ("2024-03-08T16:00:05", "now", 5):
        with pytest.raises(ValueError, match=r"."):
            run_of({**document(RUN), "ended": wrong})


def test_the_document_is_as_its_schema_says() -> None:
    path = Path(avwap_cli.__file__).parent / "schemas" / "run.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    check.validate(document(RUN))
    check.validate(document(replace(RUN, state="failed", exit_code=5, error="no answer")))
    for broken in ({**document(RUN), "more": 1}, {**document(RUN), "state": "fine"}):
        assert not check.is_valid(broken)


def test_hashes_are_sorted_and_counts_keep_the_order_of_their_stage() -> None:
    run = replace(RUN, outputs={"b.json": SHA, "a.json": SHA})
    assert list(run.body()["outputs"]) == ["a.json", "b.json"]
    assert list(run.body()["counts"]) == ["symbols", "bad_bars"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("started", "2024-03-07T19:00:01"),
        ("started", 5),
        ("as_of", "yesterday"),
        ("counts", {"x": "many"}),
        ("counts", None),
        ("seconds", None),
        ("warnings", 1),
        ("stage", 1),
        ("stage", None),
        ("stage", []),
        ("state", {}),
        ("error", None),
        ("pid", float("inf")),
        ("seconds", float("inf")),
        ("seconds", float("nan")),
        ("exit_code", float("inf")),
        ("counts", {"x": float("inf")}),
        ("inputs", []),
    ],
)
def test_what_is_no_record_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        run_of(document(RUN) | {key: value})


def test_a_missing_key_is_refused() -> None:
    with pytest.raises(ValueError, match="pid"):
        run_of({k: v for k, v in document(RUN).items() if k != "pid"})


def test_the_last_run_of_each_stage() -> None:
    later = replace(RUN, started=datetime(2024, 3, 8, 1, tzinfo=UTC), pid=1)
    scan = replace(RUN, stage="scan")
    assert latest_by_stage([RUN, scan, later]) == {"refresh-cache": later, "scan": scan}
