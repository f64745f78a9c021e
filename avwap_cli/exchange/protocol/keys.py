"""Keys: the pair that opens the one account, over HTTP and on the streams."""

from __future__ import annotations

import hmac
import random
import string
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The pair of keys of the one account; worth nothing anywhere else."""

    key_id: str
    secret: str

    def match(self, key_id: object, secret: object) -> bool:
        """Whether these are the keys, whatever a client sent; in constant time."""
        same = [_same(key_id, self.key_id), _same(secret, self.secret)]
        return all(same)


def keys_of(seed: int) -> Keys:
    """The keys that a seed gives: `AVWAPLOCAL` and 10 characters, and a secret of 40."""
    chance = random.Random(f"keys {seed}")
    tail = "".join(chance.choices(string.ascii_uppercase + string.digits, k=10))
    secret = "".join(chance.choices(string.ascii_letters + string.digits, k=40))
    return Keys(f"AVWAPLOCAL{tail}", secret)


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "replace"), wanted.encode()
    )
