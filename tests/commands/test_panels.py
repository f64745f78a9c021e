"""Each module of commands is one panel of `avwap --help`, and docs/commands.md has their order."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from doc_pages import PAGES

from avwap_cli.commands import account, care, day, evening, look, rehearse, setup
from avwap_cli.commands.front import PANELS, app

MODULES = (evening, day, account, look, rehearse, care, setup)


@pytest.mark.parametrize(("module", "panel"), list(zip(MODULES, PANELS, strict=True)))
def test_a_module_is_a_panel(module: ModuleType, panel: str) -> None:
    shown = {c.callback.__doc__ for c in app.registered_commands if c.rich_help_panel == panel}
    made = [f for f in vars(module).values() if getattr(f, "__module__", "") == module.__name__]
    commands = {(f.__doc__ or "").split("\n\n")[0] for f in made}
    assert shown
    assert {(text or "").split("\n\n")[0] for text in shown} <= commands


def test_the_page_has_the_panels_in_their_order() -> None:
    sections = re.findall(r"^## (.+)$", PAGES["docs/commands.md"], re.M)
    assert sections == ["Options of every command", *PANELS]
