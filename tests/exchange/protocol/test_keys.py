"""Keys: made from a seed, and matched whole."""

from __future__ import annotations

import pytest

from avwap_cli.exchange.protocol.keys import Keys, keys_of

KEYS = Keys("AVWAPLOCALX", "secret")


def test_a_seed_gives_its_keys():
    assert keys_of(7) == keys_of(7)
    assert keys_of(7) != keys_of(8)
    assert len(keys_of(7).key_id) == 20
    assert len(keys_of(7).secret) == 40


@pytest.mark.parametrize(
    ("key_id", "secret", "match"),
    [
        ("AVWAPLOCALX", "secret", True),
        ("AVWAPLOCALX", "Secret", False),
        ("AVWAPLOCALY", "secret", False),
        ("AVWAPLOCALX", "", False),
        ("AVWAPLOCALX", None, False),
        (7, "secret", False),
        ("\ud800", "s\u00e9cret", False),
    ],
)
def test_both_have_to_match(key_id, secret, match):
    assert KEYS.match(key_id, secret) is match
