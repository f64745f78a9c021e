"""Chart page: one symbol's chart on a page of its own, made of the parts of the session's page."""

from __future__ import annotations

from avwap_cli.review.pages.chart_documents import chart_figure
from avwap_cli.review.pages.hypertexts import sentences, text, titled
from avwap_cli.review.pages.page_frames import page
from avwap_cli.review.pages.report_cards import Card, card_html, facts_html
from avwap_cli.review.pages.report_records import Assets, Picture


def chart_page(picture: Picture, assets: Assets) -> str:
    """One symbol's chart as text of a page."""
    if picture.candidate is not None:
        card = Card(candidate=picture.candidate, name=picture.name, chart=picture.chart)
        shown = card_html(card)
    else:
        shown = f"{chart_figure(picture.chart)}\n{facts_html(picture.facts)}"
    name = f' <span class="company">{text(picture.name)}</span>' if picture.name else ""
    body = "\n".join(
        part
        for part in (
            f'<header class="top"><h1>{text(picture.symbol)}{name}</h1>'
            f'<p class="account">as known for the session {picture.session}</p></header>',
            shown,
            titled("Not on this page", sentences("quiet", picture.missing)),
        )
        if part
    )
    return page(f"avwap {picture.symbol} {picture.session}", body, assets)
