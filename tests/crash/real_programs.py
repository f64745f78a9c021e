"""Real programs: `avwap` in processes of its own, on the home of a rig, over a socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from crash_scenarios import CrashRig

from avwap_cli.exchange.protocol.messages import Answer, Fate, Request
from avwap_cli.exchange.server import Served, serving

Matches = Callable[[Request], bool]


def order_of(request: Request) -> str:
    """The client order id that a request brings; empty for one that brings none."""
    if request.method not in {"POST", "PATCH"} or not request.path.startswith("/v2/orders"):
        return ""
    return str(json.loads(request.body).get("client_order_id", ""))


def changes(request: Request) -> bool:
    """Whether it asks for a change of an order."""
    return request.method != "GET" and request.path.startswith("/v2/orders")


def words_of(rig: CrashRig, served: Served, words: Sequence[str]) -> list[str]:
    """The command line that runs the words on the rig's home and exchange."""
    more = ("broker.mode=exchange", f"broker.url={served.url}", "monitor.bars=poll")
    options = [option for setting in more for option in ("--set", setting)]
    return [*words, "--home", str(rig.folder), "--quiet", *options]


def environment(rig: CrashRig) -> dict[str, str]:
    keys = rig.exchange.keys
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "ALPACA_API_KEY": keys.key_id, "ALPACA_SECRET_KEY": keys.secret}


def started(rig: CrashRig, served: Served, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "avwap_cli", *words_of(rig, served, words)],
        env=environment(rig),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def overheard(rig: CrashRig, around: Callable[[Request], Answer]) -> Iterator[Served]:
    """Serve the rig's exchange, with every request going through that function."""
    rig.exchange.handle = around  # type: ignore[method-assign, assignment]
    try:
        with serving(rig.exchange) as served:
            yield served
    finally:
        del rig.exchange.handle


def killed(rig: CrashRig, words: Sequence[str], matches: Matches, answered: bool) -> int:
    """Run the program until it sends such a request, then kill it; its return code.

    Args:
        answered: the exchange did what it was asked for; else it never heard of it.
    """
    handle, running = rig.exchange.handle, list[subprocess.Popen[str]]()

    def around(request: Request) -> Answer:
        if not (running and matches(request)):
            return handle(request)
        answer = handle(request) if answered else Answer(504, fate=Fate.RESET)
        running.pop().send_signal(signal.SIGKILL)
        return answer

    with overheard(rig, around) as served:
        process = started(rig, served, *words)
        running.append(process)
        said, _ = process.communicate(timeout=120)
    assert not running, f"no such request came; the program said: {said}"
    return process.returncode


def ran(rig: CrashRig, *words: str) -> tuple[int, str]:
    """Run the program to its end; its return code and what it said."""
    with overheard(rig, rig.exchange.handle) as served:
        process = started(rig, served, *words)
        said, _ = process.communicate(timeout=120)
    return process.returncode, said
