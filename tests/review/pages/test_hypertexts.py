"""Hypertext: whatever a text says, no tag and no attribute comes of it."""

from __future__ import annotations

import string
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from avwap_cli.review.pages import hypertexts
from avwap_cli.review.pages.hypertexts import Column

EVIL = '<b onload="x()">\'&amp;</td></p></span><script>'
FRAMES = {
    "cell": lambda s: hypertexts.table([Column("of", "k", ",.2f")], [{"k": s}]),
    "heading": lambda s: hypertexts.table([Column(s, "k")], [{"k": 1}]),
    "sentence": hypertexts.quiet,
    "list": lambda s: hypertexts.sentences("warning", [s]),
    "chip": lambda s: hypertexts.chip(s, "good"),
    "title": lambda s: hypertexts.titled(s, "x"),
    "section": lambda s: hypertexts.section("name", s, "x"),
    "attribute": lambda s: f'<i title="{hypertexts.text(s)}"></i>',
}


class Seen(HTMLParser):
    """Tags with their attributes as a browser reads them, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.said = ""
        self.values: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for name, value in attrs if name == "title"]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", (data,)))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("decl", (decl,)))

    def handle_data(self, data: str) -> None:
        self.said += data


TEXTS = st.text(
    st.sampled_from("<>&\"'/=!-;# `") | st.sampled_from(string.ascii_letters + "é\0\n"),
    min_size=1, max_size=40,
)  # fmt: skip


@pytest.mark.parametrize("frame", list(FRAMES))
@settings(deadline=None)
@given(said=TEXTS)
@example(said=EVIL)
@example(said="&lt;")
def test_any_text_comes_out_as_text(frame: str, said: str) -> None:
    plain, seen = Seen(FRAMES[frame]("x")), Seen(FRAMES[frame](said))
    assert seen.tags == plain.tags
    assert said in ("\n".join(seen.values) if frame == "attribute" else seen.said)


def test_the_measure_sees_what_is_not_escaped() -> None:
    assert Seen(f"<p>{EVIL}</p>").tags != Seen("<p>x</p>").tags


def test_a_very_long_text_is_cut_before_it_is_escaped() -> None:
    assert hypertexts.text("<" * 301) == "&lt;" * 300 + "..."
    assert hypertexts.text("<" * 300) == "&lt;" * 300
    assert hypertexts.text(None) == ""


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (-1234.5, "+,.2f", "\N{MINUS SIGN}1,234.50"),
        (0.125, ".1%", "12.5%"),
        (float("nan"), ",.2f", "nan"),
        (True, ",.2f", "True"),
        ("<3>", ",.2f", "&lt;3&gt;"),
        (None, ",.2f", ""),
        (-3, "", "-3"),
    ],
)
def test_a_number_is_written_in_its_form_and_anything_else_as_it_is(
    value: object, form: str, shown: str
) -> None:
    assert hypertexts.figure_text(value, form) == shown


def test_columns_that_are_empty_are_left_out_and_results_have_their_colour() -> None:
    columns = [Column("who", "who"), Column("why", "why"), Column("P&L", "pnl", "+.1f")]
    rows = [{"who": "A", "why": "", "pnl": -1.0}, {"who": "B", "why": None, "pnl": 2.0}]
    page = hypertexts.table(columns, rows)
    assert page.count("<th ") == 2
    assert '<td class="n less">\N{MINUS SIGN}1.0</td>' in page
    assert '<td class="n more">+2.0</td>' in page
    assert '<th scope="col" class="n">P&amp;L</th>' in page


@pytest.mark.parametrize(
    ("frac", "width"),
    [(0.0, "0.00"), (0.0001, "0.60"), (0.5, "50.00"), (7, "100.00"), (-1, "0.00")],
)
def test_a_bar_is_as_long_as_its_part_and_seen_when_it_is_anything(frac: float, width: str) -> None:
    assert f'class="full" width="{width}"' in hypertexts.bar(frac)


def test_nothing_makes_no_section_and_one_is_singular() -> None:
    assert hypertexts.section("a", "A", "", "") == hypertexts.titled("A") == ""
    assert hypertexts.sentences("warning", []) == ""
    assert [hypertexts.many(n, "order") for n in (0, 1, 1200)] == [
        "0 orders", "1 order", "1,200 orders",
    ]  # fmt: skip
