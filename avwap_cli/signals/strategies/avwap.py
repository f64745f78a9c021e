"""Anchored VWAP: price holds above (below) the average price paid since an event.

Its signals are the symbols that come through the whole funnel; see `signals.funnel`.
"""

from __future__ import annotations

from dataclasses import dataclass

from avwap_cli.signals.strategies.declarations import Strategy


@dataclass(frozen=True, slots=True)
class Params:
    """None of its own: the anchors' rules are in `config/anchors.yaml`."""


STRATEGY = Strategy("avwap", Params)
