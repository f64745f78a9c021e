"""Scratch homes: a home for one replay, with the configuration, the cache and what is given.

It is gone after the replay, so nothing that is said names it: a path in it is told as the path
of the file that stands for it in the person's own home.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from avwap_cli.errors import AvwapError
from avwap_cli.home import Home
from avwap_cli.playbook import CACHE_JSON, MINUTES_PARQUET, UNIVERSE_CSV, UNIVERSE_JSON
from avwap_cli.stages.explain import universe_session
from avwap_cli.stages.tape_notes import TAPE_JSON
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.home_care import archived

LISTS = (UNIVERSE_JSON, UNIVERSE_CSV)
GIVEN = (*LISTS, CACHE_JSON, MINUTES_PARQUET, TAPE_JSON)
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
    """

    desk: Desk
    kept: Desk
    home: Home
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
        DamagedInput: the session's archive cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="avwap-replay-") as name:
        place = Path(name).resolve()
        home, names = Home(place / "again"), {str(place / "again"): str(desk.home.root)}
        kept, archive = desk, desk.store.packed_in(session)
        if archive is not None:
            then = Home(place / "then")
            _unpack(archived(desk, session), then.session(session))
            kept = Desk(replace(desk.choices, home=then.root), desk.environment)
            names[str(then.session(session))] = str(archive)
        scratch = Scratch(desk, kept, home, names)
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
    own_lists = kept.digest(session, UNIVERSE_CSV) is not None
    lists = session if own_lists else universe_session(scratch.desk.store, session)
    for name in GIVEN:
        theirs = name in LISTS and not own_lists
        store, day = (scratch.desk.store, lists) if theirs else (kept, session)
        given = store.folder(day) / name
        if given.is_file():
            shutil.copyfile(given, folder / name)
