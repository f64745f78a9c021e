"""Pairs: two pieces of work in turn, A B A B, and the median of their ratios."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PAIRS = 7


@dataclass(frozen=True, slots=True)
class Ratio:
    """The medians of both sides in CPU seconds, and of the ratios pair by pair."""

    ours_s: float
    base_s: float
    ratio: float


def in_process(ours: Callable[[], object], base: Callable[[], object], pairs: int = PAIRS) -> Ratio:
    """CPU time of this process, all its threads included; one warm-up each."""
    ours()
    base()
    taken = [(_cpu(ours), _cpu(base)) for _ in range(pairs)]
    return _median(taken)


def commands(
    ours: Sequence[str],
    base: Sequence[str],
    environment: Mapping[str, str],
    before: Callable[[], None] = lambda: None,
    pairs: int = PAIRS,
) -> tuple[Ratio, float]:
    """CPU time of whole process trees; also the peak memory of `ours` in MB.

    `before` is called before each run of `ours` and not counted.
    """
    run(ours, environment)
    run(base, environment)
    taken, peak = [], 0.0
    for _ in range(pairs):
        before()
        mine, memory = run(ours, environment)
        peak = max(peak, memory)
        taken.append((mine, run(base, environment)[0]))
    return _median(taken), peak


def run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """CPU seconds and peak MB of one command, whatever it prints."""
    measure = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "r = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "sys.stderr.buffer.write(done.stderr if done.returncode else b'')\n"
        "print(r.ru_utime + r.ru_stime, r.ru_maxrss / 1024, done.returncode)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", measure, *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, peak, code = out.stdout.split()
    if code != "0":
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{out.stderr}")
    return float(cpu), float(peak)


def peak_mb() -> float:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _median(taken: Sequence[tuple[float, float]]) -> Ratio:
    return Ratio(
        statistics.median(ours for ours, _ in taken),
        statistics.median(base for _, base in taken),
        statistics.median(ours / base for ours, base in taken),
    )
