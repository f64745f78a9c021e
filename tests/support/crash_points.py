"""Crash points: every place at which a program can die, found by listening.

A `Recorder` counts each touch of the outside world before and after it: calls of ports, and
files opened for writing, renamed, removed or flushed.  Told to, it ends the program at one of
them.  From then on nothing it tries reaches anything, as it is with the dead.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from avwap_cli.stages.day.trading_ports import TradingPorts

Result = TypeVar("Result")
WATCHED = ("broker", "quotes", "ledger", "store", "notifier")
CHANGING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
FILE_EVENTS = frozenset({"os.rename", "os.remove", "os.truncate"})


class Died(BaseException):
    """The end of the program, which nobody may catch."""


@dataclass
class Recorder:
    """Counts the touches in their order.

    Attributes:
        dies_at: ends the program at that touch, counted from 0; None = only counts.
        world: tells all that outlives the program: broker, files, time.
        places: what was touched.
        worlds: the touches at which the world was another than at the one before.  Between
            two of them it makes no difference where the program dies.
    """

    dies_at: int | None = None
    world: Callable[[], object] | None = None
    places: list[str] = field(default_factory=list)
    worlds: list[int] = field(default_factory=list)
    dead: bool = False
    last: object = None
    files: int = 0

    def touch(self, place: str) -> None:
        if self.dead:
            raise Died(place)
        self._compare()
        self.places.append(place)
        self.files += place.startswith("file")
        if self.dies_at == len(self.places) - 1:
            self.dead = True
            raise Died(place)

    def _compare(self) -> None:
        if self.world is not None:
            now = (self.files, self.world())
            if now != self.last:
                self.worlds.append(len(self.places))
                self.last = now


class Watched:
    """A port whose every call is two crash points: one before it, one after."""

    def __init__(self, port: Any, name: str, recorder: Recorder) -> None:
        self._port, self._name, self._recorder = port, name, recorder

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def called(*args: Any, **options: Any) -> Any:
            place = f"{self._name}.{name}"
            self._recorder.touch(f"before {place}")
            answer = found(*args, **options)
            self._recorder.touch(f"after {place}")
            return answer

        return called


def watched(ports: TradingPorts, recorder: Recorder) -> TradingPorts:
    """The same ports, each call counted; the clock's are not, sleeping changes nothing."""
    seen: dict[str, Any] = {name: Watched(getattr(ports, name), name, recorder) for name in WATCHED}
    return replace(ports, **seen)


_listening: list[Recorder] = []
_flush = os.fsync


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if not _listening:
        return
    if event == "open":
        path, mode, flags = args
        writes = any(c in (mode or "") for c in "wax+") or (flags or 0) & CHANGING_FLAGS
        if isinstance(path, int) or not writes:
            return
    elif event not in FILE_EVENTS:
        return
    for recorder in _listening:
        recorder.touch(f"file {event}")


def _flushed(descriptor: Any) -> None:
    for recorder in _listening:
        recorder.touch("file fsync")
    _flush(descriptor)


sys.addaudithook(_heard)


@contextmanager
def listening(recorder: Recorder) -> Iterator[None]:
    """Count the touches of files too, for the length of a `with` block."""
    _listening.append(recorder)
    os.fsync = _flushed
    try:
        yield
    finally:
        _listening.remove(recorder)
        os.fsync = _flush


def forked(work: Callable[[], Result]) -> Result:
    """What the work comes to in a copy of this process, which then is gone with all it did.

    Raises:
        AssertionError: the work failed; with its own words.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _tell(writing, work)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        raise AssertionError("the copied process ended without a word")
    done: bool
    answer: Result
    done, answer = pickle.loads(said)
    if not done:
        raise AssertionError(answer)
    return answer


def _tell(descriptor: int, work: Callable[[], Any]) -> None:
    import traceback

    try:
        said = pickle.dumps((True, work()))
    except BaseException:  # noqa: BLE001  the parent raises what it says
        said = pickle.dumps((False, traceback.format_exc(limit=-3)))
    try:
        with os.fdopen(descriptor, "wb") as pipe:
            pipe.write(said)
    finally:
        os._exit(0)
