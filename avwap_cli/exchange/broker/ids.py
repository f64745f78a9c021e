"""Ids: UUID texts that a seed gives, in the order in which they are asked for."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from uuid import UUID


def uuid_text(seed: int, kind: str, name: object) -> str:
    """The UUID of one thing: the same for the same seed, kind and name or number."""
    digest = blake2b(f"{seed} {kind} {name}".encode(), digest_size=16).digest()
    return str(UUID(bytes=digest, version=4))


def account_number(seed: int) -> str:
    """`LX` and eight digits."""
    digest = blake2b(f"{seed} account number".encode(), digest_size=8).digest()
    return f"LX{int.from_bytes(digest) % 10**8:08d}"


class Ids:
    """A counter for each kind of thing.

    Attributes:
        taken: ids that others have already; none of them is given again.
    """

    def __init__(self, seed: int) -> None:
        self.taken: set[str] = set()
        self._seed = seed
        self._count: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        """The next UUID text of that kind."""
        while True:
            self._count[kind] += 1
            made = uuid_text(self._seed, kind, self._count[kind])
            if made not in self.taken:
                return made
