"""The HTTP wire: its refusals are made anew each time."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

import avwap_cli.exchange
from avwap_cli.exchange.refusals import Refusal


def modules() -> list[ModuleType]:
    """Every module of the exchange."""
    package = avwap_cli.exchange
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(module.name) for module in found]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_no_refusal_is_kept_to_be_raised_again(module: ModuleType) -> None:
    """One that is kept would hold the frames of all requests that it ever refused."""
    assert [name for name, value in vars(module).items() if isinstance(value, Refusal)] == []
