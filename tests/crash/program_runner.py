"""Program runner: one run of `avwap` in a process forked from a warm one.

The warm process has everything imported, so that five programs can start at the same moment.
It writes down when each request that changes something was on its way.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import alpaca.trading.client  # noqa: F401  so that it is warm
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response

import avwap_cli.stages.day.enter
import avwap_cli.stages.day.monitor  # noqa: F401
from avwap_cli.cli import app
from avwap_cli.errors import AvwapError

LONGEST_S = 5.0


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    notes: Path,
    together: Barrier,
    go: Event | None,
) -> None:
    """Run the words when all are ready; leaves with the program's own exit code.

    Args:
        go: also waited for, a while.
    """
    os.environ.update(environment)
    said = notes.with_suffix(".out").open("w")
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), said:
        _write_down(notes)
        together.wait()
        if go is not None:
            go.wait(LONGEST_S)
        code = _ended(words)
    os._exit(code)


def _ended(words: Sequence[str]) -> int:
    try:
        app(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)
    except AvwapError as problem:
        print(problem)
        return problem.exit_code
    return 0


def _write_down(notes: Path) -> None:
    sent = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        if request.method == "GET" or "/v2/" not in (request.url or ""):
            return sent(adapter, request, **options)
        began = time.monotonic_ns()
        try:
            return sent(adapter, request, **options)
        finally:
            row = (began, time.monotonic_ns(), request.method, request.url)
            with notes.open("a") as file:
                file.write(json.dumps(row) + "\n")

    HTTPAdapter.send = send  # type: ignore[assignment, method-assign]
