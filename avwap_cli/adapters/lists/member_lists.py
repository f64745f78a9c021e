"""Member lists: the two lists, each from a file by hand, the street, or the last good copy.

For each list, in this order:

1. a file named in the config or on the command line is read, and nothing else is asked;
2. a copy that was kept since the last session closed is as good as a new one;
3. the list is downloaded;
4. if there is none, the last good copy is used, and a warning says why and how old it is.

A list that is cut, of another form or size, or has lost more than the allowed share of
its members against the last good copy is refused, wherever it comes from; what is
accepted is kept as the last good copy.
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
# 500 companies, some with two share classes; a page that is being edited may differ by a few.
SP500_LEAST, SP500_MOST = 450, 560


@dataclass(frozen=True, slots=True)
class MemberLists:
    """The port Holdings: IWV and the S&P 500, merged.

    Attributes:
        cache: the home's cache folder.
        home: what file names in the settings are relative to.
        settings: where the lists are, and how much one may lose.
        clock: the time, and the waits between tries.
        iwv_file, sp500_file: given by hand, instead of the settings'.
        renew: download even when a copy of this session is at hand, and take a file by
            hand even when it lost many members.
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
            MissingInput, DamagedInput: a file given by hand is not there, no such list, or lost
            too many members.
        """
        copies = ListCopies(self.cache / "holdings", IWV)
        file = self._by_hand(self.iwv_file, self.settings.iwv_file)
        holdings = self._list(on, copies, file, self._iwv, parse_holdings)
        copies = ListCopies(self.cache / "index_lists", SP500)
        file = self._by_hand(self.sp500_file, self.settings.sp500_file)
        index = self._list(on, copies, file, self._sp500, parse_sp500)
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
            return self._from_file(copies, file, parse)
        good = next(_usable(copies, parse), None)
        if good and not self.renew and good.copy.session >= on:
            return good.as_list(copies.name)
        try:
            download = get()
            parsed = _whole(download, parse, copies.name)
            self._refuse_losses(f"the download of {copies.name}", parsed, good)
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
        copies.save(download.body, suffix, session, session, download.fetched, download.url)
        return _member_list(copies.name, parsed, parsed.known or session, download.body)

    def _from_file(self, copies: ListCopies, path: Path, parse: Parse) -> MemberList:
        """A list given by hand, kept as the last good one; a rehearsal looks at no later copy."""
        body, now = read_file(path), self.clock.now()
        parsed, session = parse(body, path.name), session_of(now)
        known = parsed.known or known_of_file(path)
        warnings = [] if parsed.whole else [f"{path.name} does not show its end; it may be cut"]
        earlier = (good for good in _usable(copies, parse) if good.copy.session <= session)
        try:
            self._refuse_losses(path.name, parsed, next(earlier, None))
        except DamagedInput as problem:
            if not self.renew:
                raise
            warnings.append(f"{problem.message}; taken all the same, as --force asks")
        suffix = ".html" if body.lstrip()[:1] == b"<" else ".csv"
        copies.save(body, suffix, session, known, now, path.name)
        return _member_list(copies.name, parsed, known, body, *warnings)

    def _refuse_losses(self, source: str, parsed: ParsedList, good: _Good | None) -> None:
        """Refuse a list that has lost too many of the equities of the last good one."""
        if good is None:
            return
        before, now = _equities(good.parsed), _equities(parsed)
        lost, share = len(before - now), self.settings.max_lost_frac
        if lost > share * len(before):
            raise DamagedInput(
                f"{source} has lost {lost} of {len(before)} members since {good.copy.session}, "
                f"more than {share:.0%}",
                "nothing is changed; if the list is right, give it with --from FILE (the S&P 500 "
                "with --sp500-from FILE) and --force",
            )

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
        known = self.parsed.known or self.copy.known
        return _member_list(name, self.parsed, known, self.copy.body, *warnings)


def _usable(copies: ListCopies, parse: Parse) -> Iterator[_Good]:
    """The copies that still read as lists, the newest first."""
    for copy in copies.good():
        try:
            yield _Good(copy, parse(copy.body, copy.path.name))
        except DamagedInput:
            continue


def parse_sp500(body: bytes, source: str) -> ParsedList:
    """Read the S&P 500 and refuse what cannot be it by its size.

    Raises:
        DamagedInput: no such list, or not about 500 symbols.
    """
    parsed = parse_index_list(body, source)
    count = len(_equities(parsed))
    if not SP500_LEAST <= count <= SP500_MOST:
        raise DamagedInput(
            f"{source} names {count} symbols; the S&P 500 has {SP500_LEAST} to {SP500_MOST}",
            "it is cut or another list; give the right one",
        )
    return parsed


def read_file(path: Path) -> bytes:
    """The bytes of a file given by hand.

    Raises:
        MissingInput: not there.
        InputError: it cannot be read.
        DamagedInput: larger than 50 MB.
    """
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)  # a device has no size to ask for, and no end
    except FileNotFoundError:
        raise MissingInput(f"{path} is not there", "check the file's name") from None
    except (OSError, ValueError) as problem:
        raise InputError(f"cannot read {path}: {problem}", "check the file") from problem
    if len(body) > MAX_BYTES:
        raise DamagedInput(f"{path} is larger than {MAX_BYTES >> 20} MB", "give the right file")
    return body


def _whole(download: Download, parse: Parse, name: str) -> ParsedList:
    """What the download says, if it shows its end."""
    parsed = parse(download.body, f"the download of {name}")
    if not parsed.whole:
        raise DamagedInput(f"the download of {name} is cut: it does not show its end")
    return parsed


def _equities(parsed: ParsedList) -> set[str]:
    return {row.symbol for row in parsed.rows if row.equity}


def _member_list(
    name: str, parsed: ParsedList, known: date, body: bytes, *warnings: str
) -> MemberList:
    sha256 = hashlib.sha256(body).hexdigest()
    return MemberList(name, parsed.rows, known, sha256, parsed.dropped, warnings)
