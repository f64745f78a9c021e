"""The two streams a command prints to, and what goes wrong with them.

A shell may close a stream (`>&-`), a disk may be full, a reader may go away
(`avwap scan | head`).  None of that may end in a traceback or change what a stage wrote.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from avwap_cli.errors import AvwapError


def open_closed() -> None:
    """Where the shell closed a stream, what is printed goes nowhere."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def put(stream: TextIO, text: str, *, and_flush: bool = False) -> None:
    """Print the text; with `and_flush` also all that was printed before.

    Raises:
        AvwapError: it cannot be written, e.g. because the disk is full.
        BrokenPipeError: the reader went away.
    """
    try:
        stream.write(text)
        if and_flush:
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise AvwapError(
            f"cannot print: {problem.strerror or problem}",
            "what a stage has written into the home is whole",
        ) from problem


def let_go(stream: TextIO) -> None:
    """Drop what cannot be written by now, or Python would fail over it at the very end."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):  # not every stream is an open file
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
