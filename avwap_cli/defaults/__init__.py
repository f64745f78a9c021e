"""The packaged defaults: the same YAML files as `config/` of the repository, shipped as data.

They *are* the defaults: no figure of theirs stands in code.  The wheel carries them
because they lie inside the package.
"""

from __future__ import annotations

from pathlib import Path


def texts() -> dict[str, str]:
    """File name -> text of every packaged configuration file, in name order."""
    found = sorted(Path(__file__).parent.glob("*.yaml"))
    return {path.name: path.read_bytes().decode("utf-8") for path in found}
