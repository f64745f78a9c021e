"""Scratch homes: a home for one replay, with the configuration, the cache and what is given.

The ledgers are read from copies in it: SQLite writes beside a ledger even to read it.  It is gone
after the replay, so nothing that is said names it: a path in it is told as the path of the file
that stands for it in the person's own home.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from avwap_cli.errors import AvwapError, DamagedInput, InputError, LedgerError, MissingInput
from avwap_cli.home import Home
from avwap_cli.playbook import CACHE_JSON, UNIVERSE_CSV, UNIVERSE_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.stages.evening.explain import universe_session
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.home_care import archived
from avwap_cli.wiring.ledger_desk import LedgerDesk

LISTS = (UNIVERSE_JSON, UNIVERSE_CSV)
GIVEN = (*LISTS, CACHE_JSON)
NO_LISTS = "put a good copy of it back; without its lists the evening cannot be replayed"
MAX_LEDGER_BYTES = 1024 * 1024 * 1024
TRIES = 5
ALONE = {
    "broker.mode": "exchange",
    "alerts.channels": "[]",
    "alerts.heartbeat_url": '""',
    "alerts.pings": "{}",
}  # nobody outside is told of what happens in a replay


@dataclass(frozen=True, slots=True)
class Scratch:
    """The scratch home of a replay.

    Attributes:
        desk: of the person's own home.
        kept: of the home where the session lies as it was: the same, or its archive unpacked.
        home: where it is played again.
        books: where the copies of the ledgers lie.
    """

    desk: Desk
    kept: Desk
    home: Home
    books: Home
    _names: Mapping[str, str]

    @property
    def choices(self) -> Choices:
        """How the session is run again, but for its time."""
        choices = self.desk.choices
        settings = {**choices.settings, **ALONE}
        return replace(choices, home=self.home.root, now=None, settings=settings, quiet=True)

    def at(self, now: datetime | None = None) -> Desk:
        """A desk in it."""
        moment = None if now is None else now.isoformat()
        return Desk(replace(self.choices, now=moment), self.desk.environment)

    def ledgers(self) -> LedgerDesk:
        """The person's ledgers of the configured broker, copied when they are asked for.

        Raises:
            LedgerError: they cannot be copied.
        """
        config = self.desk.config
        if not self.books.ledgers.is_dir():
            paths = [shelf.path for shelf in self.desk.ledgers.shelves()]
            self.books.ledgers.mkdir(parents=True)
            _copy_ledgers(paths, self.books.ledgers)
        return LedgerDesk(self.books, lambda: config.broker.mode)

    def named(self, value: Any) -> Any:
        """The same text, list or document with the paths that a person knows."""
        if isinstance(value, str):
            for mine, theirs in self._names.items():
                value = value.replace(mine, theirs)
            return value
        if isinstance(value, Mapping):
            return {key: self.named(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.named(member) for member in value)
        return value


@contextmanager
def scratch_home(desk: Desk, session: date) -> Iterator[Scratch]:
    """A scratch home for a `with` block; a failure within names the files of the home itself.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: its lists or its archive cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="avwap-replay-") as name:
        place = Path(name).resolve()
        home, books = Home(place / "again"), Home(place / "books")
        names = {str(each.root): str(desk.home.root) for each in (home, books)}
        kept, archive = desk, desk.store.packed_in(session)
        if archive is not None:
            then = Home(place / "then")
            _unpack(archived(desk, session), then.session(session))
            kept = Desk(replace(desk.choices, home=then.root), desk.environment)
            names[str(then.session(session))] = str(archive)
        scratch = Scratch(desk, kept, home, books, names)
        try:
            _fill(scratch, session)
            yield scratch
        except AvwapError as problem:
            problem.message, problem.hint = map(scratch.named, (problem.message, problem.hint))
            problem.args = tuple(map(scratch.named, problem.args))
            raise


def _unpack(files: Mapping[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _fill(scratch: Scratch, session: date) -> None:
    """Bring in configuration, cache and the session's given files."""
    real, home, kept = scratch.desk.home, scratch.home, scratch.kept.store
    folder = home.session(session)
    folder.mkdir(parents=True)
    if real.config.is_dir():
        shutil.copytree(real.config, home.config)
    if real.cache.is_dir():
        home.cache.symlink_to(real.cache.resolve(), target_is_directory=True)
    lists, of_lists = _lists(scratch, session)
    for name in GIVEN:
        store, day = (lists.store, of_lists) if name in LISTS else (kept, session)
        if _can_be_read(store, day, name):
            shutil.copyfile(store.folder(day) / name, folder / name)


def _lists(scratch: Scratch, session: date) -> tuple[Desk, date]:
    """Whose lists of which session serve: its own, else the newest; they can be read.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: they cannot.
    """
    desk, day = scratch.kept, session
    own = [desk.store.folder(session) / name for name in LISTS]
    if not any(path.exists() or path.is_symlink() for path in own):
        desk = scratch.desk
        day = universe_session(desk.store, session)
    try:
        read_universe(desk.store, day)
    except (MissingInput, DamagedInput) as problem:
        raise type(problem)(problem.message, NO_LISTS) from problem
    return desk, day


def _can_be_read(store: ArtifactStore, session: date, name: str) -> bool:
    """Whether it is a file, and not larger than one can be; who needs it says what is wrong."""
    try:
        return store.digest(session, name) is not None
    except InputError:
        return False


def _copy_ledgers(paths: Iterable[Path], to: Path) -> None:
    """Copy each ledger with what was last written to it, as of one moment.

    Raises:
        LedgerError: one is no file or cannot be read, or is written all the time.
    """
    for path in paths:
        try:
            _copy_ledger((path, path.with_name(f"{path.name}-wal")), to)
        except OSError as problem:
            raise LedgerError(
                f"cannot copy {path}: {problem.strerror or problem}",
                "mend its rights, or make room where temporary files go",
            ) from problem


def _copy_ledger(parts: tuple[Path, Path], to: Path) -> None:
    for _ in range(TRIES):
        before = _states(parts)
        for path in parts:
            (to / path.name).unlink(missing_ok=True)
            if path in before:
                with suppress(FileNotFoundError):  # then the states tell
                    shutil.copyfile(path, to / path.name)
        if _states(parts) == before:
            return
    raise LedgerError(f"{parts[0]} is being written", "try again when that is done")


def _states(parts: tuple[Path, Path]) -> dict[Path, tuple[int, ...]]:
    """What tells whether one of them changed meanwhile; of those that are there."""
    found: dict[Path, tuple[int, ...]] = {}
    for path in parts:
        with suppress(FileNotFoundError):
            state = path.stat()
            if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_LEDGER_BYTES:
                raise LedgerError(f"{path} is no file of a ledger", "put a good copy of it back")
            found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return found
