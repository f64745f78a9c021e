"""The packaged defaults: the same YAML files as `config/` of the repository, shipped as data.

They *are* the defaults: no figure of theirs stands in code.  The wheel carries them
because they lie inside the package.  In `demo/` lies what the demo lays over them.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def texts() -> dict[str, str]:
    """File name -> text of every packaged configuration file, in name order."""
    return {path.name: _read(path) for path in sorted(_HERE.glob("*.yaml"))}


def demo_text() -> str:
    """What `avwap demo` lays over them for its trading day, as text."""
    return _read(_HERE / "demo" / "demo.yaml")


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")
