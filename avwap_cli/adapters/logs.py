"""Logs: one JSON line per event in a file per day, and lines for a person on stderr.

The files lie under `outputs/logs/` and are deleted after their days of retention.
Values of secrets are masked in all that is written, tracebacks included.  The day is
the wall clock's, never a rehearsed `--now`, so that rehearsing tomorrow deletes nothing.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from avwap_cli.adapters.private_files import private_file, private_folder
from avwap_cli.errors import shortened

NAME = re.compile(r"avwap-(\d{4}-\d{2}-\d{2})\.jsonl", re.ASCII)
MASK = "****"
SHORTEST_SECRET = 4
ROOT = "avwap_cli"


@contextmanager
def logging_to(
    folder: Path | None,
    today: date,
    keep_days: int,
    level: str,
    verbosity: int = 0,
    secrets: Iterable[str] = (),
    stderr: TextIO | None = None,
) -> Iterator[logging.Logger]:
    """Log to the day's file and to stderr for the length of a `with` block.

    Args:
        folder: where the files lie; None = no file (a dry run).
        today: the wall clock's date in New York.
        keep_days: files older than that many days are deleted.
        level: of the file: debug, info, warning or error.
        verbosity: of stderr: -1 errors only, 0 warnings, 1 info, 2 debug.
        secrets: values that must never be seen; of 4 characters or more.
        stderr: the stream for people; default the process's.

    A folder that cannot be written is said on stderr and stops nothing.
    """
    logger = logging.getLogger(ROOT)
    mask = Masking(secrets)
    handlers = [_person(stderr or sys.stderr, verbosity, mask)]
    problem = ""
    if folder is not None:
        try:
            private_folder(folder)
            handlers.append(_file(folder / f"avwap-{today}.jsonl", level, mask))
            delete_old(folder, today, keep_days)
        except OSError as failure:
            problem = str(failure)
    before = (logger.level, logger.propagate)
    logger.setLevel(min(handler.level for handler in handlers))
    logger.propagate = False
    for handler in handlers:
        logger.addHandler(handler)
    if problem:
        logger.warning("no log is kept: %s", problem)
    try:
        yield logger
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(before[0])
        logger.propagate = before[1]


def delete_old(folder: Path, today: date, keep_days: int) -> list[str]:
    """Delete the days' files that are more than `keep_days` old; their names, sorted."""
    gone = []
    for path in old_logs(folder, today, keep_days):
        with suppress(OSError):
            path.unlink()
            gone.append(path.name)
    return gone


def old_logs(folder: Path, today: date, keep_days: int) -> list[Path]:
    """The days' files that are more than `keep_days` old, sorted."""
    old = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = NAME.fullmatch(path.name)
        with suppress(ValueError):
            if found and today - date.fromisoformat(found[1]) > timedelta(days=keep_days):
                old.append(path)
    return old


class Masking:
    """Replaces the values of secrets in a text, also as JSON and tracebacks write them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        forms = plain | {repr(s)[1:-1] for s in plain}
        for ascii_only in (True, False):
            forms |= {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in forms}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


class _Lines(logging.Formatter):
    """One line for a person: the message, and a traceback only with -vv."""

    def __init__(self, mask: Masking, tracebacks: bool) -> None:
        super().__init__()
        self._mask = mask
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        text = f"{record.levelname.lower()}: {_message(record, self._mask)}"
        if self._tracebacks and record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return self._mask(text)


class _JsonLines(logging.Formatter):
    """One JSON object per event; `extra={"data": {...}}` adds figures by name."""

    def __init__(self, mask: Masking) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "pid": record.process,
            "logger": record.name,
            "message": _message(record, self._mask),
        }
        data = getattr(record, "data", None)
        if data is not None:
            event["data"] = data
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return self._mask(json.dumps(event, ensure_ascii=False, default=str))


def _message(record: logging.LogRecord, mask: Masking) -> str:
    """Masked before it is cut, so that no half of a secret is left."""
    return shortened(mask(record.getMessage()))


def _person(stream: TextIO, verbosity: int, mask: Masking) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    levels = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
    handler.setLevel(levels.get(verbosity, logging.DEBUG))
    handler.setFormatter(_Lines(mask, verbosity > 1))
    # What the screen tells a person itself is not told twice.
    handler.addFilter(lambda record: not getattr(record, "told", False))
    return handler


def _file(path: Path, level: str, mask: Masking) -> logging.Handler:
    private_file(path)
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setLevel(level.upper())
    handler.setFormatter(_JsonLines(mask))
    return handler
