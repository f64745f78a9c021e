"""Refusals: made anew each time, and short."""

from __future__ import annotations

import importlib
import pkgutil

from avwap_cli import exchange
from avwap_cli.exchange.refusals import Refusal, echo


def test_no_refusal_is_kept_to_be_raised_again():
    """A raised exception keeps its frames, and with them the request of each time."""
    names = [m.name for m in pkgutil.walk_packages(exchange.__path__, f"{exchange.__name__}.")]
    assert len(names) > 80
    kept = [
        f"{name}.{attribute}"
        for name in names
        for attribute, value in vars(importlib.import_module(name)).items()
        if isinstance(value, Refusal)
    ]
    assert kept == []


def test_long_words_are_cut():
    assert echo("x" * 80) == "x" * 80
    assert echo("x" * 81) == "x" * 80 + "..."
