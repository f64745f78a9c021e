"""Batches of bars that the local exchange never answers: passed over, counted, fetched later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from failed_days import flat_days, listened
from trading_rig import DAY, Rig, Silent, tape_of

from avwap_cli.adapters.bar_sources.alpaca_data import AlpacaBars
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.errors import ConfigError, SourceError
from avwap_cli.exchange.server import serving
from avwap_cli.market import sessions
from avwap_cli.review.cache_documents import bars_held
from avwap_cli.stages.evening.refresh_cache import refresh_cache
from avwap_cli.stages.evening.refresh_documents import RefreshRequest
from avwap_cli.stages.outcomes import Outcome, State

MEMBERS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
AS_OF = sessions.previous_session(DAY)
BARS = "GET /v2/stocks/bars"
LATE = ["hang", "reset", "html"]  # html is a proxy's 503


@dataclass
class Clock:
    """The exchange's time; sleeps are noted and not slept."""

    rig: Rig
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.rig.exchange.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Evening:
    """One home that refreshes from one exchange, two symbols a request."""

    def __init__(self, home: Path, rig: Rig, url: str) -> None:
        self.rig, self.url = rig, url
        self.home = home
        self.clock = Clock(rig)
        self.heard = listened(rig.exchange)

    def fault(self, kind: str, symbol: str | None = None) -> int:
        options = (f",symbol={symbol}" if symbol else "") + (",value=503" * (kind == "html"))
        return self.rig.exchange.fault(f"{kind}@{BARS}{options}")

    def heal(self) -> None:
        self.rig.exchange.context.faults.clear()

    def asked(self) -> list[str]:
        """The symbols of each request for bars since the last look."""
        found = [dict(r.query)["symbols"] for _, r, _ in self.heard if r.path == "/v2/stocks/bars"]
        self.heard.clear()
        return found

    def refresh(self, clean: float = 0.95) -> Outcome:
        data = self.rig.rules.data
        keys = self.rig.exchange.keys
        retries = replace(data.retries, page_waits_s=(1,), refresh_waits_s=(3,), timeout_s=0.5)
        data = replace(data, feed="sip", symbols_per_request=2, retries=retries)
        request = RefreshRequest(
            trade_session=DAY,
            as_of=AS_OF,
            members=MEMBERS,
            benchmarks=(),
            universe="u",
            sessions=sessions.last_sessions(AS_OF, 10),
            clean_frac=clean,
            fetched_at=self.clock.now(),
        )
        return refresh_cache(
            request,
            clock=self.clock,
            data=AlpacaBars(data, keys.key_id, keys.secret, self.clock, self.url, lambda: 0.0),
            cache=BarCache(self.home / "cache"),
            store=self.rig.store,
            settings=data,
            progress=Silent(),
        )

    def document(self) -> dict[str, Any]:
        return self.rig.store.read_json(DAY, "cache.json")


@contextmanager
def evening_of(home: Path) -> Iterator[Evening]:
    home.mkdir()
    rig = Rig(home, tape_of(flat_days(MEMBERS, DAY)), start="08:00")
    with serving(rig.exchange) as served:
        yield Evening(home, rig, served.url)


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    with evening_of(tmp_path / "home") as made:
        yield made


@pytest.mark.parametrize("kind", LATE)
def test_the_batch_is_tried_passed_over_and_counted(evening: Evening, kind: str) -> None:
    evening.fault(kind, "CCC")
    outcome = evening.refresh()
    assert evening.asked() == ["AAA,BBB", *["CCC,DDD"] * 2, "EEE,FFF", *["CCC,DDD"] * 2]
    assert evening.clock.slept == [1, 3, 1]
    assert outcome.state is State.DONE
    assert (outcome.counts["with_bar"], outcome.counts["unanswered"]) == (4, 2)
    assert outcome.warnings[0].startswith("2 symbols passed over: CCC, DDD (Alpaca gave no answer")
    document = evening.document()
    assert document["coverage"] == {"expected": 6, "with_bar": 4, "frac": 4 / 6}
    assert document["missing"] == {"count": 2, "first": ["CCC", "DDD"]}
    assert document["inputs"]["unanswered"] == ["CCC", "DDD"]
    assert bars_held(document, AS_OF)["state"] == "thin"
    assert not (evening.home / "cache/incoming").exists()


@pytest.mark.parametrize("clean", [0.5, 0.95])
def test_the_next_run_fetches_what_was_passed_over_and_nothing_else(
    evening: Evening, tmp_path: Path, clean: float
) -> None:
    evening.fault("html", "CCC")
    evening.refresh(clean)
    evening.heal()
    evening.asked()
    again = evening.refresh(clean)
    assert evening.asked() == ["CCC,DDD"]
    assert (again.state, again.counts["with_bar"], again.warnings) == (State.DONE, 6, ())
    with evening_of(tmp_path / "never failed") as other:
        assert other.refresh(clean).outputs == again.outputs
    third = evening.refresh(clean)
    assert third.state is State.UNCHANGED
    assert evening.asked() == []


def test_an_exchange_that_answers_nothing_ends_it_after_two_batches(evening: Evening) -> None:
    evening.fault("html")
    with pytest.raises(SourceError, match="no answer to /stocks/bars in 2 tries"):
        evening.refresh()
    assert evening.asked() == [*["AAA,BBB"] * 2, *["CCC,DDD"] * 2] * 2
    assert evening.rig.store.digest(DAY, "cache.json") is None


def test_keys_that_are_refused_on_the_way_end_it_at_once(evening: Evening) -> None:
    evening.fault("html", "CCC")
    evening.fault("401", "EEE")
    with pytest.raises(ConfigError):
        evening.refresh()
    assert evening.asked() == ["AAA,BBB", *["CCC,DDD"] * 2, "EEE,FFF"]
    assert evening.clock.slept == [1]
    assert evening.rig.store.digest(DAY, "cache.json") is None
