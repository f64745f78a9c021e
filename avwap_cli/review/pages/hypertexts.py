"""Hypertext: the small parts that pages are made of, each a string.

Every text of the outside passes through here and is escaped.  A value of a kind that a column
does not expect is shown as it is, so that one damaged cell never costs the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from avwap_cli.review.scan_documents import Row, is_number

LONGEST = 300  # characters of one cell; what is longer is no name and no number


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, the key of its cells, and how numbers are written."""

    heading: str
    key: str
    form: str = ""


def text(value: object) -> str:
    """The value as escaped text, cut when it is very long; nothing for None."""
    if value is None:
        return ""
    shown = str(value)
    return escape(shown if len(shown) <= LONGEST else shown[:LONGEST] + "...")


def figure_text(value: object, form: str) -> str:
    """A number in that form with a true minus sign; anything else as text."""
    if not form or not is_number(value):
        return text(value)
    return escape(format(value, form).replace("-", "\N{MINUS SIGN}"))


def many(number: int, noun: str) -> str:
    """The number with its noun: "1 order", "2 orders"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """A table that scrolls in itself where the screen is narrow; columns all empty are left out."""
    shown = [c for c in columns if any(row.get(c.key) not in (None, "") for row in rows)]
    heads = "".join(f'<th scope="col"{_kind(c)}>{text(c.heading)}</th>' for c in shown)
    lines = "\n".join(
        "<tr>" + "".join(_cell(c, row.get(c.key)) for c in shown) + "</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table></div>"
    )


def titled(title: str, *parts: str) -> str:
    """A smaller heading with what stands under it; nothing when that is nothing."""
    body = "\n".join(part for part in parts if part)
    return f"<h3>{text(title)}</h3>\n{body}" if body else ""


def section(name: str, title: str, *parts: str) -> str:
    """A part of the page that links can reach; nothing when there is nothing in it."""
    body = "\n".join(part for part in parts if part)
    return f'<section id="{name}">\n<h2>{text(title)}</h2>\n{body}\n</section>' if body else ""


def quiet(sentence: str) -> str:
    """A sentence that may be passed over."""
    return f'<p class="quiet">{text(sentence)}</p>'


def sentences(kind: str, each: Iterable[str]) -> str:
    """A list of sentences, nothing when there are none."""
    items = "\n".join(f"<li>{text(sentence)}</li>" for sentence in each)
    return f'<ul class="{kind}">\n{items}\n</ul>' if items else ""


def bar(frac: float, kind: str = "") -> str:
    """A bar filled from the left, 0..1; what is filled is seen when it is anything at all."""
    filled = max(0.0, min(1.0, frac)) * 100
    width = max(filled, 0.6) if filled else 0.0
    return (
        f'<svg class="bar {kind}" viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect class="rest" width="100" height="10"/>'
        f'<rect class="full" width="{width:.2f}" height="10"/></svg>'
    )


def chip(label: object, kind: str = "") -> str:
    """A word in a frame."""
    return f'<span class="chip {kind}">{text(label)}</span>'


def _cell(column: Column, value: Any) -> str:
    return f"<td{_kind(column, value)}>{figure_text(value, column.form)}</td>"


def _kind(column: Column, value: Any = None) -> str:
    if not column.form:
        return ""
    if column.form.startswith("+") and is_number(value) and value:
        return ' class="n less"' if value < 0 else ' class="n more"'
    return ' class="n"'
