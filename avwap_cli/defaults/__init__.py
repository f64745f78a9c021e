"""The packaged defaults: the same YAML files as `config/` of the repository, shipped as data.

They *are* the defaults: no figure of theirs stands in code.  The wheel carries them
because they lie inside the package.  In `demo/` lie the files that a demo's home has.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def texts() -> dict[str, str]:
    """File name -> text of every packaged configuration file, in name order."""
    return {path.name: _read(path) for path in sorted(_HERE.glob("*.yaml"))}


def demo_texts(seed: int) -> dict[str, str]:
    """File name -> text of every file of a demo's `config/`; `seed` is of its market."""
    files = sorted((_HERE / "demo").glob("*.yaml"))
    return {path.name: _read(path).replace("{seed}", str(seed)) for path in files}


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")
