"""Member lists: the two lists, each from a file by hand, the street, or the last good copy.

For each list, in this order:

1. a file named in the config or on the command line is read, and nothing else is asked;
2. a copy that was downloaded since the last session closed is as good as a new one;
3. the list is downloaded; one that is cut, of another form, or has lost more than the
   allowed share of its members is refused;
4. the last good copy is used instead, and a warning says why and how old it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from avwap_cli.adapters.lists.downloads import Download, fetch
from avwap_cli.adapters.lists.index_list import parse_index_list
from avwap_cli.adapters.lists.ishares_holdings import find_link, parse_holdings
from avwap_cli.adapters.lists.known_dates import known_of_file, session_of
from avwap_cli.adapters.lists.list_copies import Copy, ListCopies
from avwap_cli.adapters.lists.list_text import MAX_BYTES, ParsedList
from avwap_cli.errors import DamagedInput, InputError, MissingInput, SourceError
from avwap_cli.market.memberships import IWV, SP500, MemberList, Memberships, merge
from avwap_cli.ports import Clock
from avwap_cli.settings import UniverseSettings

Parse = Callable[[bytes, str], ParsedList]


@dataclass(frozen=True, slots=True)
class MemberLists:
    """The port Holdings: IWV and the S&P 500, merged.

    Attributes:
        cache: the home's cache folder.
        home: what file names in the settings are relative to.
        settings: where the lists are, and how much one may lose.
        clock: the time, and the waits between tries.
        iwv_file, sp500_file: given by hand, instead of the settings'.
        renew: download even when a copy of this session is at hand.
    """

    cache: Path
    home: Path
    settings: UniverseSettings
    clock: Clock
    iwv_file: Path | None = None
    sp500_file: Path | None = None
    renew: bool = False

    def universe(self, on: date) -> Memberships:
        """The merged lists; a download made since the session `on` closed is not made again.

        Raises:
            SourceError: a list could not be had and no good copy is at hand.
            MissingInput, DamagedInput: a file given by hand is not there, or no such list.
        """
        copies = ListCopies(self.cache / "holdings", IWV)
        file = self._by_hand(self.iwv_file, self.settings.iwv_file)
        holdings = self._list(on, copies, file, self._iwv, parse_holdings)
        copies = ListCopies(self.cache / "index_lists", SP500)
        file = self._by_hand(self.sp500_file, self.settings.sp500_file)
        index = self._list(on, copies, file, self._sp500, parse_index_list)
        return merge([holdings, index])

    def _by_hand(self, given: Path | None, configured: str) -> Path | None:
        if given is not None:
            return given
        return self.home / configured if configured else None

    def _fetch(self, url: str) -> Download:
        settings = self.settings
        return fetch(url, timeout_s=settings.timeout_s, waits_s=settings.waits_s, clock=self.clock)

    def _iwv(self) -> Download:
        page = self._fetch(self.settings.iwv_page_url)
        return self._fetch(find_link(page.body, page.url))

    def _sp500(self) -> Download:
        return self._fetch(self.settings.sp500_url)

    def _list(
        self,
        on: date,
        copies: ListCopies,
        file: Path | None,
        get: Callable[[], Download],
        parse: Parse,
    ) -> MemberList:
        if file is not None:
            return _from_file(copies.name, file, parse)
        good = next(_usable(copies, parse), None)
        if good and not self.renew and good.copy.session >= on:
            return good.as_list(copies.name)
        try:
            download = get()
            parsed = _accept(download, parse, copies.name, good, self.settings.max_lost_frac)
        except (SourceError, DamagedInput) as problem:
            if good is None:
                raise SourceError(
                    f"the list {copies.name} could not be had and no good copy is at hand: "
                    f"{problem.message}",
                    problem.hint,
                ) from problem
            return good.as_list(copies.name, self._kept(copies.name, problem, good.copy))
        session = session_of(download.fetched)
        suffix = ".csv" if download.body.lstrip()[:1] != b"<" else ".html"
        copies.save(download.body, suffix, session, download.fetched, download.url)
        return _member_list(copies.name, parsed, parsed.known or session, download.body)

    def _kept(self, name: str, problem: SourceError | DamagedInput, copy: Copy) -> str:
        now = self.clock.now()
        days = (now.date() - copy.fetched.astimezone(now.tzinfo).date()).days
        age = "1 day" if days == 1 else f"{days} days"
        return f"{name}: {problem.message}; using the copy of {copy.session}, {age} old"


@dataclass(frozen=True, slots=True)
class _Good:
    """A copy at hand and what it says."""

    copy: Copy
    parsed: ParsedList

    def as_list(self, name: str, *warnings: str) -> MemberList:
        known = self.parsed.known or self.copy.session
        return _member_list(name, self.parsed, known, self.copy.body, *warnings)


def _usable(copies: ListCopies, parse: Parse) -> Iterator[_Good]:
    """The copies that still read as lists, the newest first."""
    for copy in copies.good():
        try:
            yield _Good(copy, parse(copy.body, copy.path.name))
        except DamagedInput:
            continue


def _from_file(name: str, path: Path, parse: Parse) -> MemberList:
    body = read_file(path)
    parsed = parse(body, path.name)
    warnings = [] if parsed.whole else [f"{path.name} does not show its end; it may be cut"]
    return _member_list(name, parsed, parsed.known or known_of_file(path), body, *warnings)


def read_file(path: Path) -> bytes:
    """The bytes of a file given by hand.

    Raises:
        MissingInput: not there.
        InputError: it cannot be read.
        DamagedInput: larger than 50 MB.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DamagedInput(f"{path} is larger than {MAX_BYTES >> 20} MB", "give the right file")
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingInput(f"{path} is not there", "check the file's name") from None
    except (OSError, ValueError) as problem:
        raise InputError(f"cannot read {path}: {problem}", "check the file") from problem


def _accept(
    download: Download, parse: Parse, name: str, good: _Good | None, max_lost_frac: float
) -> ParsedList:
    """What the download says, if it is whole and has not lost too many members."""
    parsed = parse(download.body, f"the download of {name}")
    if not parsed.whole:
        raise DamagedInput(f"the download of {name} is cut: it does not show its end")
    if good is None:
        return parsed
    before, now = _equities(good.parsed), _equities(parsed)
    lost = len(before - now)
    if lost > max_lost_frac * len(before):
        raise DamagedInput(
            f"the download of {name} has lost {lost} of {len(before)} members, more than "
            f"{max_lost_frac:.0%}; it is refused",
            "look at the list, and give it with --from FILE if it is right",
        )
    return parsed


def _equities(parsed: ParsedList) -> set[str]:
    return {row.symbol for row in parsed.rows if row.equity}


def _member_list(
    name: str, parsed: ParsedList, known: date, body: bytes, *warnings: str
) -> MemberList:
    sha256 = hashlib.sha256(body).hexdigest()
    return MemberList(name, parsed.rows, known, sha256, parsed.dropped, warnings)
