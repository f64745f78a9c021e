"""A replay in words: each artifact that came out differently or was not read, where, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avwap_cli.terminal.screen import Screen


def show_differences(screen: Screen, body: Mapping[str, Any]) -> None:
    """The first difference of each artifact with its cause; nothing where all are equal."""
    if screen.as_json:
        return
    for found in body["differences"]:
        where = f": {found['first_difference']}" if found["first_difference"] else ""
        screen.line(f"  {found['artifact']}{where}")
        screen.line(f"      {found['cause']}: {found['because']}")
