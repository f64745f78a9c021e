"""The strategies, one file each; the registry is the folder's content in name order."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from avwap_cli.signals.strategies.declarations import Strategy


def _declared() -> dict[str, Strategy]:
    modules = sorted(m.name for m in iter_modules(__path__) if m.name != "declarations")
    found = (import_module(f"{__name__}.{name}").STRATEGY for name in modules)
    return {strategy.name: strategy for strategy in found}


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(_declared())
