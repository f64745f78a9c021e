"""The demo's story: a line an event, told from the ledger; and both sides' orders, counted."""

from __future__ import annotations

from typing import Any

import pytest
from held_positions import MON, moment
from traded_days import FACTS, book_of

from avwap_cli.demo_story import both_sides
