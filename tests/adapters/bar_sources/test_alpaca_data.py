"""Alpaca bars against a loopback server that plays pages, faults and slow answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from avwap_cli.adapters.bar_sources.alpaca_data import LOST_AFTER, AlpacaBars, Unanswered
from avwap_cli.errors import ConfigError, SourceError
from avwap_cli.market.bars import BarTable, concat
from avwap_cli.market.splits import Split
from avwap_cli.settings import DataSettings, RetrySettings

NEW_YORK = ZoneInfo("America/New_York")
FIRST, LAST = date(2024, 3, 6), date(2024, 3, 7)
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """Answers in order of the script; each entry makes an answer from the query."""

    url: str = ""
    script: list[Callable[[dict[str, str]], Answer]] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)


def body(content: object, **headers: str) -> Callable[[dict[str, str]], Answer]:
    return lambda _: (200, headers, json.dumps(content).encode())


def fault(status: int, text: bytes = b"{}", **headers: str) -> Callable[[dict[str, str]], Answer]:
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda _: (status, named, text)


def bar(day: str, close: float, **more: object) -> dict[str, object]:
    t = f"{day}T05:00:00Z"
    return {"t": t, "o": close, "h": close, "l": close, "c": close, "v": 10, "vw": close, **more}


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            state.seen.append((parts.path, query, dict(self.headers)))
            make = state.script.pop(0) if state.script else fault(418)
            status, headers, data = make(query)
            try:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass  # the client gave up, which is what it should do

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    state.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield state
    http.shutdown()
    http.server_close()


class Clock:
    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime(2024, 3, 7, 20, 15, tzinfo=NEW_YORK)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Notes:
    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None: ...

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)


def source(server: Server, clock: Clock | None = None, **changes: Any) -> AlpacaBars:
    values: dict[str, Any] = {
        "provider": "alpaca",
        "feed": "sip",
        "volume_scale": 1.0,
        "files": (),
        "backfill_sessions": 504,
        "refresh_sessions": 15,
        "compact_sessions": 20,
        "symbols_per_request": 100,
        "requests_per_minute": 200,
        "benchmarks": (),
        "split_list": "",
        "synthetic_seed": 1,
        "retries": RetrySettings((5, 15, 45), (60,), 0.4),
        **changes,
    }
    return AlpacaBars(
        DataSettings(**values), "KEY", "SECRET", clock or Clock(), server.url, lambda: 0.5
    )


def bars(data: AlpacaBars, *symbols: str, notes: Notes | None = None) -> BarTable:
    return concat(list(data.daily_bars(symbols, FIRST, LAST, notes or Notes())))


def test_the_request_names_feed_adjustment_and_times(server: Server) -> None:
    server.script = [body({"bars": {"A": [bar("2024-03-07", 9.5)]}, "next_page_token": None})]
    table = bars(source(server), "B", "A")
    assert table.names().tolist() == ["A"]
    assert table.session.tolist() == [date(2024, 3, 7)]
    path, query, headers = server.seen[0]
    assert path == "/v2/stocks/bars"
    assert query == {
        "symbols": "A,B",
        "timeframe": "1Day",
        "start": "2024-03-06T05:00:00Z",
        "end": "2024-03-08T00:59:00Z",  # 16 minutes before 20:15 in New York
        "limit": "10000",
        "feed": "sip",
        "adjustment": "split",
        "asof": "2024-03-07",
        "sort": "asc",
    }
    assert headers["APCA-API-KEY-ID"] == "KEY"


def test_pages_are_joined(server: Server) -> None:
    server.script = [
        body({"bars": {"A": [bar("2024-03-06", 9.0)]}, "next_page_token": "t1"}),
        body({"bars": {"A": [bar("2024-03-07", 9.5)], "B": []}, "next_page_token": "t2"}),
        body({"bars": {"B": [bar("2024-03-07", 3.5)]}, "next_page_token": None}),
    ]
    table = bars(source(server), "A", "B")
    assert list(zip(table.names(), table.close, strict=True)) == [
        ("A", 9.0),
        ("A", 9.5),
        ("B", 3.5),
    ]
    assert [q.get("page_token") for _, q, _ in server.seen] == [None, "t1", "t2"]
    assert table.vwap.tolist() == [9.0, 9.5, 3.5]


def test_a_fault_on_a_later_page_repeats_that_page_only(server: Server) -> None:
    server.script = [
        body({"bars": {"A": [bar("2024-03-06", 9.0)]}, "next_page_token": "t1"}),
        fault(500, b"<html>oops</html>"),
        body({"bars": {"A": [bar("2024-03-07", 9.5)]}}),
    ]
    clock = Clock()
    assert bars(source(server, clock), "A").close.tolist() == [9.0, 9.5]
    assert [q.get("page_token") for _, q, _ in server.seen] == [None, "t1", "t1"]
    assert clock.slept == [6.25]  # 5 s stretched by half of half


def test_retry_after_is_obeyed(server: Server) -> None:
    server.script = [fault(429, Retry_After="7"), body({"bars": {}})]
    clock = Clock()
    assert len(bars(source(server, clock), "A")) == 0
    assert clock.slept == [7.0]


def test_the_rate_headers_hold_back_the_next_request(server: Server) -> None:
    clock = Clock()
    reset = str(int(clock.now().timestamp()) + 33)
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    server.script = [body({"bars": {}, "next_page_token": "t"}, **spent), body({"bars": {}})]
    bars(source(server, clock), "A")
    assert clock.slept == [33.0]


@pytest.mark.parametrize(
    "broken",
    [
        fault(200, b"<html>robot?</html>"),
        fault(200, b""),
        fault(200, b"[1, 2]"),
        fault(504),
        fault(429, b"too many"),
        fault(302, b""),
    ],
    ids=["html", "empty", "list", "504", "429", "redirect"],
)
def test_a_broken_answer_is_tried_again_and_then_named(
    server: Server, broken: Callable[[dict[str, str]], Answer]
) -> None:
    clock = Clock()
    server.script = [broken, body({"bars": {"A": [bar("2024-03-07", 9.5)]}})]
    assert len(bars(source(server, clock), "A")) == 1
    server.script = [broken] * 4
    with pytest.raises(SourceError, match="4 tries"):
        bars(source(server, clock), "A")
    assert clock.slept == [6.25, 6.25, 18.75, 56.25]


def test_a_server_that_hangs_is_given_up(server: Server) -> None:
    def slow(_: dict[str, str]) -> Answer:
        time.sleep(0.8)
        return 200, {}, b"{}"

    server.script = [slow, body({"bars": {"A": [bar("2024-03-07", 9.5)]}})]
    began = time.monotonic()
    assert len(bars(source(server), "A")) == 1
    assert time.monotonic() - began < 0.75


def test_a_server_that_is_not_there_is_a_source_error(server: Server) -> None:
    server.url = "http://127.0.0.1:1"
    with pytest.raises(SourceError, match="no answer"):
        bars(source(server), "A")


def test_a_proxy_of_the_shell_does_not_catch_a_local_server(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.script = [body({"bars": {"A": [bar("2024-03-07", 9.5)]}})]
    assert len(bars(source(server), "A")) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_bad_keys_are_said_at_once(server: Server, status: int) -> None:
    server.script = [fault(status, b"<html>403 forbidden</html>")]
    with pytest.raises(ConfigError, match="ALPACA_API_KEY"):
        bars(source(server), "A")
    assert len(server.seen) == 1


def test_a_key_without_recent_sip_is_told_what_to_do(server: Server) -> None:
    text = b'{"message":"subscription does not permit querying recent SIP data"}'
    server.script = [fault(403, text)]
    with pytest.raises(ConfigError, match=r"data\.feed: iex"):
        bars(source(server), "A")


def test_missing_keys_are_a_config_error(server: Server) -> None:
    with pytest.raises(ConfigError, match="ALPACA_SECRET_KEY"):
        AlpacaBars(source(server)._settings, "KEY", "", Clock())


def test_malformed_symbols_are_left_out_and_counted(server: Server) -> None:
    server.script = [
        fault(400, b'{"message":"invalid symbol: A_B"}'),
        fault(400, b'{"message":"invalid symbol: 7"}'),
        body({"bars": {"A": [bar("2024-03-07", 9.5)]}}),
    ]
    notes = Notes()
    table = bars(source(server), "A", "A_B", "7", notes=notes)
    assert table.names().tolist() == ["A"]
    assert [q["symbols"] for _, q, _ in server.seen] == ["7,A,A_B", "7,A", "A"]
    assert notes.said == ["2 malformed symbols left out: A_B, 7"]


def test_another_400_is_final(server: Server) -> None:
    server.script = [fault(400, b'{"message":"invalid timeframe"}')]
    with pytest.raises(SourceError, match="invalid timeframe"):
        bars(source(server), "A")
    assert len(server.seen) == 1


def test_pages_that_go_in_a_circle_end(server: Server) -> None:
    server.script = [body({"bars": {}, "next_page_token": "t"})] * 5
    with pytest.raises(SourceError, match="circle"):
        bars(source(server), "A")
    assert len(server.seen) == 2


@pytest.mark.parametrize("content", [None, [], "x", {"A": None}, {"A": "x"}, {"A": [None, 3]}])
def test_bars_that_are_none_are_no_rows(server: Server, content: object) -> None:
    server.script = [body({"bars": content, "next_page_token": None})]
    assert len(bars(source(server), "A")) == 0


def test_a_bar_with_odd_values_becomes_nan_for_the_row_checks(server: Server) -> None:
    odd = [
        bar("2024-03-06", 9.0, c=None, h="9", vw=0),
        {"t": "yesterday", "o": 1},
        {"t": None},
        bar("2024-03-07", 9.5, x={"new": "field"}),
    ]
    server.script = [body({"bars": {"A": odd, "ZZZ": odd}, "next_page_token": None})]
    table = bars(source(server), "A")
    assert table.session.tolist() == [date(2024, 3, 6), date(2024, 3, 7)]
    assert np.isnan(table.close[0])
    assert np.isnan(table.high[0])
    assert np.isnan(table.vwap[0])
    assert table.close[1] == 9.5


def test_a_daily_stamp_is_told_in_new_york_in_winter_and_summer(server: Server) -> None:
    stamps = [{**bar("x", 1.0), "t": t} for t in ("2024-03-08T05:00:00Z", "2024-03-11T04:00:00Z")]
    server.script = [body({"bars": {"A": stamps}})]
    clock = Clock(datetime(2024, 3, 12, 20, tzinfo=NEW_YORK))
    batches = source(server, clock).daily_bars(["A"], date(2024, 3, 8), date(2024, 3, 11), Notes())
    assert concat(list(batches)).session.tolist() == [date(2024, 3, 8), date(2024, 3, 11)]


def test_a_session_that_still_runs_is_dropped(server: Server) -> None:
    pages = body({"bars": {"A": [bar("2024-03-06", 9.0), bar("2024-03-07", 9.5)]}})
    for minute, kept in ((10, 1), (17, 2)):
        server.script = [pages]
        clock = Clock(datetime(2024, 3, 7, 16, minute, tzinfo=NEW_YORK))
        assert len(bars(source(server, clock), "A")) == kept


def test_iex_bars_are_asked_without_the_delay(server: Server) -> None:
    server.script = [body({"bars": {}})]
    data = source(server, feed="iex")
    bars(data, "A")
    assert server.seen[0][1]["feed"] == "iex"
    assert server.seen[0][1]["end"] == "2024-03-08T04:59:59Z"
    assert (data.provider, data.feed) == ("alpaca", "iex")


def test_symbols_go_in_chunks_and_each_is_a_batch(server: Server) -> None:
    server.script = [body({"bars": {}})] * 3
    data = source(server, symbols_per_request=2)
    batches = list(data.daily_bars(["E", "D", "C", "B", "A"], FIRST, LAST, Notes()))
    assert len(batches) == 3
    assert [q["symbols"] for _, q, _ in server.seen] == ["A,B", "C,D", "E"]


def test_splits_are_shares_after_over_before(server: Server) -> None:
    actions = {
        "forward_splits": [
            {"symbol": "A", "ex_date": "2024-03-06", "new_rate": 10, "old_rate": 1},
            {"symbol": "A", "ex_date": "2024-01-06", "new_rate": 2, "old_rate": 1},
            {"symbol": "ZZ", "ex_date": "2024-03-06", "new_rate": 2, "old_rate": 1},
            {"symbol": "A", "ex_date": "soon", "new_rate": 2, "old_rate": 1},
            {"symbol": "A", "ex_date": "2024-03-06", "new_rate": 2, "old_rate": 0},
        ],
        "reverse_splits": [
            {"symbol": "B", "ex_date": "2024-03-07", "new_rate": "1", "old_rate": "20"}
        ],
        "unit_splits": [
            {"old_symbol": "B", "effective_date": "2024-03-06", "new_rate": "3", "old_rate": "2"}
        ],
        "capital_gains_distributions": [{"symbol": "A"}],
    }
    server.script = [
        body({"corporate_actions": actions, "next_page_token": "t"}),
        body({"corporate_actions": {}, "next_page_token": None}),
    ]
    assert list(source(server).splits(["B", "A"], FIRST, LAST)) == [
        Split("A", date(2024, 3, 6), 10.0),
        Split("B", date(2024, 3, 6), 1.5),
        Split("B", date(2024, 3, 7), 0.05),
    ]
    path, query, _ = server.seen[0]
    assert path == "/v1/corporate-actions"
    assert query["types"] == "forward_split,reverse_split,unit_split"
    assert (query["start"], query["end"]) == ("2024-02-25", "2024-04-21")
    assert server.seen[1][1]["page_token"] == "t"


def test_time_stamps_before_christ_and_beyond_are_passed_over(server: Server) -> None:
    odd = [{**bar("x", 1.0), "t": t} for t in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59")]
    server.script = [body({"bars": {"A": odd}})]
    assert len(bars(source(server), "A")) == 0
    assert datetime.now(UTC).year > 2000


def day(symbol: str) -> Callable[[dict[str, str]], Answer]:
    return body({"bars": {symbol: [bar("2024-03-07", 9.5)]}})


def by_symbol(*silent: str) -> Callable[[dict[str, str]], Answer]:
    """One bar of each symbol; a request for a silent one has no good answer."""

    def answer(query: dict[str, str]) -> Answer:
        names = query["symbols"].split(",")
        if set(names) & set(silent):
            return 503, {}, b"{}"
        bars = {name: [bar("2024-03-07", 9.5)] for name in names}
        return 200, {}, json.dumps({"bars": bars}).encode()

    return answer


def given(data: AlpacaBars, symbols: str) -> tuple[list[str], Unanswered | None]:
    """The symbols that came, and what was raised after them."""
    came: list[str] = []
    try:
        for batch in data.daily_bars(list(symbols), FIRST, LAST, Notes()):
            came += batch.names().tolist()
    except Unanswered as problem:
        return came, problem
    return came, None


def test_a_batch_without_an_answer_is_passed_over_and_named_in_the_end(server: Server) -> None:
    server.script = [by_symbol("C", "E")] * 20
    clock = Clock()
    came, problem = given(source(server, clock, symbols_per_request=1), "ABCDEF")
    assert came == ["A", "B", "D", "F"]
    assert problem is not None
    assert problem.unanswered == ("C", "E")
    assert problem.message.startswith("no answer for 2 of 6 symbols: Alpaca gave no answer to")
    assert "4 tries (HTTP 503" in problem.why
    assert [q["symbols"] for _, q, _ in server.seen] == [*"AB", *"CCCC", "D", *"EEEE", "F"]
    assert clock.slept == [6.25, 18.75, 56.25] * 2


def test_all_symbols_of_a_batch_are_named_whatever_page_fails(server: Server) -> None:
    first = body({"bars": {"A": [bar("2024-03-07", 9.5)]}, "next_page_token": "t"})
    server.script = [first, *[fault(503)] * 4, *[by_symbol()] * 2]
    came, problem = given(source(server, symbols_per_request=2), "ABCD")
    assert came == ["C", "D"]
    assert problem is not None
    assert problem.unanswered == ("A", "B")


def test_two_batches_without_an_answer_at_the_start_are_a_vendor_that_is_down(
    server: Server,
) -> None:
    server.script = [fault(503)] * 99
    data = source(server, symbols_per_request=1)
    with pytest.raises(SourceError, match="4 tries") as caught:
        list(data.daily_bars(list("ABCDEF"), FIRST, LAST, Notes()))
    assert not isinstance(caught.value, Unanswered)
    assert [q["symbols"] for _, q, _ in server.seen] == [*"AAAA", *"BBBB"]


def test_a_vendor_that_answered_before_is_not_down_for_two_batches(server: Server) -> None:
    """What is asked for again is what had no answer: two in a row say nothing new."""
    server.script = [by_symbol("B", "C")] * 99
    data = source(server, symbols_per_request=1)
    assert given(data, "ABCD")[0] == ["A", "D"]
    came, problem = given(data, "BCD")
    assert came == ["D"]
    assert problem is not None
    assert problem.unanswered == ("B", "C")


def test_a_vendor_that_is_lost_on_the_way_is_not_asked_for_all_the_rest(server: Server) -> None:
    server.script = [day("A"), *[fault(503)] * 99]
    data = source(server, symbols_per_request=1)
    came, problem = given(data, "ABCDEFGHIJKL")
    assert came == ["A"]
    assert problem is not None
    assert problem.unanswered == tuple("BCDEFGHIJKL")
    assert len(server.seen) == 1 + LOST_AFTER * 4


def test_answers_between_them_keep_the_rest_in_hand(server: Server) -> None:
    silent = "BCDEGHIJ"  # twice four in a row
    server.script = [by_symbol(*silent)] * 99
    came, problem = given(source(server, symbols_per_request=1), "ABCDEFGHIJK")
    assert came == ["A", "F", "K"]
    assert problem is not None
    assert problem.unanswered == tuple(silent)


@pytest.mark.parametrize("place", [0, 1])
def test_bad_keys_end_it_whatever_was_passed_over(server: Server, place: int) -> None:
    no_answer = [fault(503)] * 4
    server.script = [day("A"), *no_answer * place, fault(401), *[day("Z")] * 9]
    with pytest.raises(ConfigError, match="ALPACA_API_KEY"):
        given(source(server, symbols_per_request=1), "ABCDEF")
    assert len(server.seen) == 2 + 4 * place


def test_a_final_no_is_not_passed_over(server: Server) -> None:
    server.script = [day("A"), fault(400, b'{"message":"invalid timeframe"}'), day("C")]
    with pytest.raises(SourceError, match="invalid timeframe") as caught:
        given(source(server, symbols_per_request=1), "ABC")
    assert not isinstance(caught.value, Unanswered)
    assert len(server.seen) == 2
