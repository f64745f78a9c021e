"""The pages of the project, and how the tests read them."""

from __future__ import annotations

import re
from pathlib import Path

from avwap_cli import playbook

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
}


def section(page: str, heading: str) -> str:
    """The text under a heading, up to the next heading of any depth."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.M | re.S)
    assert found, f"no heading {heading!r}"
    return found[1]


def first_cells(text: str) -> set[str]:
    """The backticked words of the first column of every table row."""
    rows = (line.split("|")[1] for line in text.splitlines() if line.startswith("|"))
    return {word for cell in rows for word in re.findall(r"`([^`]+)`", cell)}


def table(text: str) -> list[list[str]]:
    """The cells of each row of the text's tables, without their headings."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
    rules = [n for n, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    headings = {n - 1 for n in rules} | set(rules)
    return [row for n, row in enumerate(cells) if n not in headings]


def moment_text(moment: playbook.Moment) -> str:
    """A moment as the page writes it: a wall time, or minutes from the close."""
    if moment.at is not None:
        return f"{moment.at:%H:%M}"
    return f"C{moment.plus_min:+d} min"
