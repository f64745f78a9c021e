"""Member lists: a loopback server plays the fund's page, its CSV, and every way they fail."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from avwap_cli.adapters.lists import downloads, member_lists
from avwap_cli.adapters.lists.member_lists import MemberLists
from avwap_cli.errors import DamagedInput, MissingInput, SourceError
from avwap_cli.market.memberships import Memberships
from avwap_cli.settings import UniverseSettings

NEW_YORK = ZoneInfo("America/New_York")
EVENING = datetime(2024, 3, 7, 18, 30, tzinfo=NEW_YORK)
AS_OF = date(2024, 3, 7)


@dataclass
class Clock:
    """Moves only when told to sleep, and remembers how long."""

    moment: datetime = EVENING
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass
class Answer:
    """One answer of the server; `promise` is its Content-Length, `date` its Date."""

    body: bytes = b""
    status: int = 200
    promise: int | None = None
    location: str = ""
    date: str = "Thu, 07 Mar 2024 23:30:01 GMT"


@dataclass
class Site:
    """Paths and what they answer, one after the other; the last answer stays."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    def set(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def next(self, path: str) -> Answer:
        self.asked.append(path)
        answers = self.answers.get(path, [Answer(b"gone", 404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.agents.add(self.headers["User-Agent"])
            answer = site.next(self.path)
            self.send_response_only(answer.status)
            self.send_header("Date", answer.date)
            length = len(answer.body) if answer.promise is None else answer.promise
            self.send_header("Content-Length", str(length))
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """The tests speak for themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def holdings(count: int, first: int = 0) -> bytes:
    rows = "".join(
        f'"T{n:04d}","COMPANY {n}","Energy","Equity","{1000 - n % 7}.00","NASDAQ"\n'
        for n in range(first, first + count)
    )
    return (
        "\ufeffTicker,Name,Sector,Asset Class,Market Value,Exchange\n"
        f'{rows}"ESU4","EMINI","Cash and/or Derivatives","Futures","0","CME"\n\u00a0\n"Footer"\n'
    ).encode()


def index(count: int) -> bytes:
    rows = "".join(f"S{n:04d},Other {n},Materials\n" for n in range(1, count))
    return f"Symbol,Security,GICS Sector\nT0001,Company One,Utilities\n{rows}".encode()


INDEX = index(500)
CSV = "/fund/1.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund"
PAGE = f'<html><a href="{CSV.replace("&", "&amp;")}">Holdings</a></html>'.encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving() as site:
        site.set("/fund", Answer(PAGE))
        site.set(CSV, Answer(holdings(100)))
        site.set("/index", Answer(INDEX))
        yield site


def settings(site: Site, **changed: Any) -> UniverseSettings:
    values: dict[str, Any] = {
        "iwv_page_url": f"{site.url}/fund",
        "iwv_file": "",
        "sp500_url": f"{site.url}/index",
        "sp500_file": "",
        "max_lost_frac": 0.2,
        "timeout_s": 2.0,
        "waits_s": (5.0, 15.0),
        "metrics": "none",
        "prefilter": False,
    }
    return UniverseSettings(**{**values, **changed})


@dataclass
class Home:
    """One home, asked on one evening after the other."""

    folder: Path
    site: Site
    clock: Clock = field(default_factory=Clock)

    def ask(self, on: date = AS_OF, renew: bool = False, **changed: Any) -> Memberships:
        lists = MemberLists(
            self.folder / "cache",
            self.folder,
            settings(self.site, **changed),
            self.clock,
            renew=renew,
        )
        return lists.universe(on)

    def put(self, name: str, body: bytes) -> str:
        """A file in the home, to be given by hand."""
        (self.folder / name).write_bytes(body)
        return name

    def next_evening(self) -> date:
        self.clock.moment = EVENING + timedelta(days=1)
        return AS_OF + timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path, site: Site) -> Home:
    return Home(tmp_path, site)


def symbols(merged: Memberships) -> set[str]:
    """The equities that the holdings list names."""
    members = merged.universe.members
    return {member.symbol for member in members if member.equity and "IWV" in member.lists}


def test_page_and_csv(home: Home) -> None:
    merged = home.ask()
    assert symbols(merged) == {f"T{n:04d}" for n in range(100)}
    assert merged.lists == {"IWV": 101, "SP500": 500}
    assert merged.known == {"IWV": AS_OF, "SP500": AS_OF}
    assert merged.warnings == ()
    assert home.site.asked == ["/fund", CSV, "/index"]
    assert all("Mozilla" in agent for agent in home.site.agents)
    names = sorted(p.relative_to(home.folder).as_posix() for p in home.folder.rglob("*.*"))
    assert names == [
        "cache/holdings/IWV-2024-03-07.csv",
        "cache/holdings/IWV-2024-03-07.json",
        "cache/index_lists/SP500-2024-03-07.csv",
        "cache/index_lists/SP500-2024-03-07.json",
    ]


def test_a_second_run_of_the_evening_asks_nobody_and_renew_does(home: Home) -> None:
    first = home.ask()
    home.site.asked.clear()
    assert home.ask() == first
    assert home.site.asked == []
    home.ask(renew=True)
    assert home.site.asked == ["/fund", CSV, "/index"]


def test_a_changed_link_is_followed(home: Home) -> None:
    home.ask()
    new = "/elsewhere/99.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund"
    home.site.set("/fund", Answer(PAGE.replace(b"/fund/1.ajax", b"/elsewhere/99.ajax")))
    home.site.set(CSV, Answer(b"gone", 404))
    home.site.set(new, Answer(holdings(101)))
    merged = home.ask(home.next_evening())
    assert "T0100" in symbols(merged)
    assert merged.warnings == ()


def test_a_redirected_page_gives_its_link_from_there(home: Home) -> None:
    home.site.set("/fund", Answer(status=302, location="/moved/here"))
    home.site.set("/moved/here", Answer(PAGE))
    assert len(symbols(home.ask())) == 100


def test_flaky_then_fine(home: Home) -> None:
    home.site.set(CSV, Answer(b"oops", 500), Answer(b"busy", 429), Answer(holdings(100)))
    assert len(symbols(home.ask())) == 100
    assert home.clock.slept == [5.0, 15.0]


FAILURES = {
    "robot page": ("/fund", Answer(b"<html>Are you a robot? captcha"), "robot or consent page"),
    "page without a link": ("/fund", Answer(b"<html>new design"), "no link to a holdings CSV"),
    "403": ("/fund", Answer(b"no", 403), "refuses this program \\(403\\)"),
    "link is gone": (CSV, Answer(b"gone", 404), "status 404"),
    "html for csv": (CSV, Answer(b"<html>consent"), "robot or consent page"),
    "500 for ever": (CSV, Answer(b"x", 500), "did not answer in 3 tries: status 500"),
    "short of its length": (CSV, Answer(holdings(100)[:3000], promise=9999), "in 3 tries"),
    "cut between rows": (CSV, Answer(holdings(100)[: -len('"ESU4"') - 70]), "cut"),
    "cut in a row": (CSV, Answer(holdings(100)[:3010]), "cut in the middle of a row"),
    "lost a third": (CSV, Answer(holdings(67)), "lost 33 of 100 members since 2024-03-07"),
    "other members": (CSV, Answer(holdings(100, 21)), "lost 21 of 100 members"),
    "empty": (CSV, Answer(b""), "is empty"),
    "index of 449": ("/index", Answer(index(449)), "names 449 symbols; the S&P 500 has 450 to"),
    "index of 561": ("/index", Answer(index(561)), "names 561 symbols"),
    "holdings for index": ("/index", Answer(holdings(500)), "lists a fund's holdings"),
    "index robot page": ("/index", Answer(b"<html>robot"), "no table with the columns"),
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_with_a_good_copy_a_failure_is_a_warning_and_the_copy_stays(home: Home, name: str) -> None:
    path, answer, says = FAILURES[name]
    good = home.ask()
    kept = {p: p.read_bytes() for p in home.folder.rglob("*.*") if "IWV" in p.name}
    home.site.set(path, answer)
    merged = home.ask(home.next_evening())
    assert symbols(merged) == symbols(good)
    (warning,) = merged.warnings
    assert re.search(says, warning), warning
    assert "using the copy of 2024-03-07, 1 day old" in warning
    if path != "/index":
        assert merged.known["IWV"] == AS_OF
        assert {p: p.read_bytes() for p in home.folder.rglob("*.*") if "IWV" in p.name} == kept


@pytest.mark.parametrize("name", sorted(set(FAILURES) - {"lost a third", "other members"}))
def test_without_a_good_copy_a_failure_is_a_named_error(home: Home, name: str) -> None:
    path, answer, says = FAILURES[name]
    home.site.set(path, answer)
    with pytest.raises(SourceError, match=says):
        home.ask()


def test_losing_a_fifth_is_accepted(home: Home) -> None:
    home.ask()
    home.site.set(CSV, Answer(holdings(80)))
    merged = home.ask(home.next_evening())
    assert len(symbols(merged)) == 80
    assert merged.warnings == ()


def test_nobody_at_home(home: Home) -> None:
    url = "http://127.0.0.1:9/fund"
    with pytest.raises(SourceError, match="did not answer in 3 tries"):
        home.ask(iwv_page_url=url)
    home.ask()
    merged = home.ask(home.next_evening(), iwv_page_url=url)
    assert "1 day old" in merged.warnings[0]


@pytest.mark.parametrize("url", ["", "not an address", "ftp://x/y", "http://"])
def test_an_address_that_is_none(home: Home, url: str) -> None:
    with pytest.raises(SourceError, match="cannot be asked"):
        home.ask(sp500_url=url)


def test_more_than_the_limit_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAX_BYTES", 1 << 10)
    with pytest.raises(SourceError, match="sent more than"):
        home.ask()


def test_a_damaged_copy_does_not_count_and_the_one_before_it_does(home: Home) -> None:
    home.ask()
    home.site.set(CSV, Answer(holdings(101), date="Fri, 08 Mar 2024 23:30:01 GMT"))
    assert len(symbols(home.ask(home.next_evening()))) == 101
    newest = home.folder / "cache/holdings/IWV-2024-03-08.csv"
    newest.write_bytes(newest.read_bytes()[:-100])
    home.site.set("/fund", Answer(b"no", 403))
    merged = home.ask(AS_OF + timedelta(days=1))
    assert len(symbols(merged)) == 100
    assert "using the copy of 2024-03-07" in merged.warnings[0]


def test_five_copies_are_kept(home: Home) -> None:
    for day in (11, 12, 13, 14, 15, 18, 19):
        home.clock.moment = datetime(2024, 3, day, 18, 30, tzinfo=NEW_YORK)
        home.ask(date(2024, 3, day))
    kept = sorted(p.name for p in (home.folder / "cache/holdings").iterdir())
    assert kept == [
        f"IWV-2024-03-{day}.{suffix}" for day in (13, 14, 15, 18, 19) for suffix in ("csv", "json")
    ]


def test_a_list_fetched_on_sunday_is_known_on_friday(home: Home) -> None:
    home.clock.moment = datetime(2024, 3, 10, 20, 0, tzinfo=NEW_YORK)
    assert home.ask(date(2024, 3, 8)).known == {"IWV": date(2024, 3, 8), "SP500": date(2024, 3, 8)}


def test_a_rehearsed_past_does_not_make_todays_list_look_old(home: Home) -> None:
    home.site.set(CSV, Answer(holdings(100), date="Fri, 07 Mar 2025 23:30:00 GMT"))
    assert home.ask().known == {"IWV": date(2025, 3, 7), "SP500": AS_OF}


def test_files_by_hand_ask_nobody(home: Home) -> None:
    (home.folder / "iwv_2024-02.csv").write_bytes(holdings(10))
    (home.folder / "sp500_2024-01-31.csv").write_bytes(INDEX)
    merged = home.ask(iwv_file="iwv_2024-02.csv", sp500_file="sp500_2024-01-31.csv")
    assert home.site.asked == []
    assert merged.known == {"IWV": date(2024, 2, 1), "SP500": date(2024, 1, 31)}
    assert len(symbols(merged)) == 10
    with pytest.raises(MissingInput, match=r"nothing\.csv is not there"):
        home.ask(iwv_file="nothing.csv")
    (home.folder / "big.csv").write_bytes(b"")
    with (home.folder / "big.csv").open("r+b") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    with pytest.raises(DamagedInput, match="larger than 50 MB"):
        home.ask(iwv_file="big.csv")


def test_a_file_by_hand_that_lost_many_is_refused_and_the_good_list_stays(home: Home) -> None:
    home.ask()
    kept = {p: p.read_bytes() for p in (home.folder / "cache").rglob("*.*")}
    tiny = home.put("tiny_2024-03-08.csv", holdings(3))
    with pytest.raises(DamagedInput, match=r"tiny.* lost 97 of 100 members .* --force"):
        home.ask(home.next_evening(), iwv_file=tiny)
    assert {p: p.read_bytes() for p in (home.folder / "cache").rglob("*.*")} == kept
    merged = home.ask(iwv_file=home.put("ok_2024-03-08.csv", holdings(80)))
    assert len(symbols(merged)) == 80
    assert merged.warnings == ()


def test_force_takes_a_smaller_file_by_hand_and_says_so(home: Home) -> None:
    home.ask()
    tiny = home.put("tiny_2024-03-08.csv", holdings(3))
    merged = home.ask(home.next_evening(), iwv_file=tiny, renew=True)
    assert len(symbols(merged)) == 3
    (warning,) = merged.warnings
    assert "lost 97 of 100 members" in warning
    assert "--force" in warning
    assert home.ask(AS_OF + timedelta(days=1), iwv_file=tiny).warnings == ()


def test_an_accepted_file_by_hand_is_the_last_good_list(home: Home) -> None:
    """For the rest of the evening, for the next comparison, and with its own date."""
    given = home.put("iwv_2024-02-29.csv", holdings(100, 50))
    first = home.ask(iwv_file=given)
    assert first.known["IWV"] == date(2024, 2, 29)
    home.site.asked.clear()
    assert home.ask() == first
    assert home.site.asked == []
    merged = home.ask(home.next_evening())
    assert "lost 50 of 100 members since 2024-03-07" in merged.warnings[0]
    assert (symbols(merged), merged.known["IWV"]) == (symbols(first), date(2024, 2, 29))


def test_a_rehearsal_of_the_past_is_not_compared_with_a_later_list(home: Home) -> None:
    home.ask()
    home.clock.moment = EVENING - timedelta(days=365)
    given = home.put("iwv_2023-03-01.csv", holdings(100, 90))
    assert home.ask(date(2023, 3, 7), iwv_file=given).warnings == ()


@pytest.mark.parametrize("count", [199, 449, 561])
def test_an_index_list_by_hand_of_another_size_is_refused(home: Home, count: int) -> None:
    given = home.put("sp500_2024-03-05.csv", index(count))
    for renew in (False, True):
        with pytest.raises(DamagedInput, match=rf"sp500_2024.* names {count} symbols"):
            home.ask(sp500_file=given, renew=renew)


def test_swapped_lists_are_refused(home: Home) -> None:
    fund, members = home.put("a_2024-03-05.csv", holdings(500)), home.put("b.csv", INDEX)
    with pytest.raises(DamagedInput, match="lists a fund's holdings, not the members of an index"):
        home.ask(sp500_file=fund)
    with pytest.raises(DamagedInput, match=r"no header line has .*Asset Class"):
        home.ask(iwv_file=members)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_end_is_read_to_the_limit(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_lists, "MAX_BYTES", 1 << 20)
    with pytest.raises(DamagedInput, match="/dev/zero is larger than 1 MB"):
        home.ask(iwv_file="/dev/zero")
