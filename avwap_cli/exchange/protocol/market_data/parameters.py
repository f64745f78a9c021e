"""Market data queries: who asks for which symbols, times and feed, and may they see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from avwap_cli.exchange.instants import MINUTE, Instant, day_of
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import Document, ok
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import midnight
from avwap_cli.exchange.protocol.market_data.pages import Chunk, Cursor, cursor, page
from avwap_cli.exchange.protocol.market_data.view import FeedView, feed_view
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.refusals import Refusal, echo
from avwap_cli.market.sessions import FIRST_DAY
from avwap_cli.market.symbols import is_symbol

SIP_DELAY = 15 * MINUTE
HISTORICAL_FEEDS = frozenset({"sip", "iex", "boats", "otc"})
LATEST_FEEDS = HISTORICAL_FEEDS | {"delayed_sip", "overnight"}
ABSENT_FEEDS = frozenset({"boats", "otc", "overnight"})
MOST_POINTS = 10_000
_BEGINNING = midnight(FIRST_DAY)


@dataclass(frozen=True, slots=True)
class Latest:
    """What a request for the latest values asks for: sorted symbols, as this view shows them."""

    symbols: tuple[str, ...]
    view: FeedView
    feed: str
    currency: Document


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """What a request for a stretch of time asks for.

    Attributes:
        symbols: sorted.
        start, end: inclusive, never later than the view's horizon.
        kind: what is paged, the mark of its tokens.
        after: the last point of the page before.
        currency: what the answer says about it.
    """

    symbols: tuple[str, ...]
    view: FeedView
    feed: str
    start: Instant
    end: Instant
    limit: int
    descending: bool
    kind: str
    after: Cursor | None
    currency: Document = field(default_factory=dict)

    def spans(self) -> Iterator[tuple[str, Instant, Instant]]:
        """The symbols still to come, each with the first and the last instant to look at."""
        for symbol in self.symbols:
            if self.after is None or symbol > self.after.symbol:
                yield symbol, self.start, self.end
            elif symbol == self.after.symbol and self.descending:
                yield symbol, self.start, min(self.end, self.after.at)
            elif symbol == self.after.symbol:
                yield symbol, max(self.start, self.after.at), self.end

    def answer(self, name: str, chunks: Iterator[Chunk], single: str | None) -> Answer:
        """The page as a document: a map of symbols, or the list of the `single` symbol."""
        found = page(chunks, self.limit, self.kind, self.after, self.descending)
        tail: Document = {"next_page_token": found.token, **self.currency}
        if single is None:
            return ok({name: found.rows, **tail})
        return ok({name: found.rows.get(single, []), "symbol": single, **tail})


def too_recent() -> Refusal:
    """SIP data of the last 15 minutes is not part of the basic plan."""
    return Refusal(403, 42210000, "subscription does not permit querying recent SIP data")


def latest(context: RouteContext, request: Request, single: str | None = None) -> Latest:
    """Read a request for the latest values.

    Raises:
        Refusal: 400 for a malformed value, 403 for SIP data on the basic plan.
    """
    plus = context.settings.subscription == "plus"
    names = _symbols(request, single)
    feed = queries.choice(request, "feed", LATEST_FEEDS, "sip" if plus else "iex")
    currency = _currency(request)
    if feed == "sip" and not plus:
        raise too_recent()
    horizon = context.now - SIP_DELAY if feed == "delayed_sip" else context.now
    view = feed_view(context, feed, horizon)
    return Latest(() if feed in ABSENT_FEEDS else names, view, feed, currency)


def window(
    context: RouteContext,
    request: Request,
    kind: str,
    single: str | None = None,
    feeds: Collection[str] = HISTORICAL_FEEDS,
) -> TimeWindow:
    """Read a request for a stretch of time.

    Raises:
        Refusal: 400 for a malformed value, 403 for recent SIP data on the basic plan.
    """
    names = _symbols(request, single)
    feed = queries.choice(request, "feed", feeds, "sip")
    limit = queries.integer(request, "limit", 1000, 1, MOST_POINTS)
    descending = queries.choice(request, "sort", ("asc", "desc"), "asc") == "desc"
    after = _after(request, kind)
    currency = _currency(request)
    _check_asof(request)
    horizon = context.now if _real_time(context, feed) else context.now - SIP_DELAY
    start, end = _times(request, context.now, horizon)
    view = feed_view(context, feed, horizon)
    shown = () if feed in ABSENT_FEEDS else names
    return TimeWindow(shown, view, feed, start, end, limit, descending, kind, after, currency)


def _real_time(context: RouteContext, feed: str) -> bool:
    return context.settings.subscription == "plus" or feed == "iex"


def _symbols(request: Request, single: str | None) -> tuple[str, ...]:
    names = queries.symbols(request) if single is None else (single,)
    if not names:
        raise Refusal(400, None, "symbols is required")
    for name in names:
        if not is_symbol(name):
            raise Refusal(400, None, f"invalid symbol: {echo(name)}")
    return tuple(sorted(names))


def _after(request: Request, kind: str) -> Cursor | None:
    token = queries.text(request, "page_token")
    try:
        return None if token is None else cursor(token, kind)
    except ValueError:
        raise queries.malformed(request, "page_token", token or "") from None


def _currency(request: Request) -> Document:
    """What the answer says about the currency; only US dollars are traded here."""
    asked = queries.choice(request, "currency", ("USD",), "")
    return {"currency": asked} if asked else {}


def _check_asof(request: Request) -> None:
    """No symbol of a tape was ever renamed, so the date changes nothing."""
    if queries.text(request, "asof") != "-":
        queries.day(request, "asof")


def _times(request: Request, now: Instant, horizon: Instant) -> tuple[Instant, Instant]:
    """Start and end, inclusive; a day as an end is that whole day."""
    start = queries.moment(request, "start")
    end = queries.moment(request, "end")
    if start is None:
        start = min(midnight(day_of(now)), horizon)
    if end is None:
        end = horizon
    else:
        if queries.is_day(request, "end") and end <= now:
            end += _length_of_day(end) - 1
        if horizon < now and end > horizon:
            raise too_recent()
    if start > end:
        raise Refusal(400, None, "end should not be before start")
    return max(start, _BEGINNING), min(end, horizon)


def _length_of_day(start: Instant) -> int:
    """Nanoseconds of the New York day that begins there: 23, 24 or 25 hours."""
    return midnight(day_of(start) + timedelta(days=1)) - start
