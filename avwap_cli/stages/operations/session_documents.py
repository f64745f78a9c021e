"""Session documents: one of a session's files, or why there is none."""

from __future__ import annotations

from datetime import date
from typing import Any

from avwap_cli.errors import InputError, MissingInput
from avwap_cli.ports import ArtifactStore


def document_of(
    store: ArtifactStore, session: date, name: str
) -> tuple[dict[str, Any] | None, InputError | None]:
    """The document, or None; and what is wrong with one that is there but cannot be read."""
    try:
        return store.read_json(session, name), None
    except MissingInput:
        return None, None
    except InputError as problem:
        return None, problem
