"""A synthetic market: bars, lists, earnings and splits from a seed, without any network.

`SyntheticMarket.build` makes it, `SyntheticBars` serves it as a vendor would, and
`prepare_home` writes its lists in the formats of the real downloads.
"""

from avwap_cli.adapters.synthetic.feed import SyntheticBars
from avwap_cli.adapters.synthetic.inbox import prepare_home
from avwap_cli.adapters.synthetic.market import ORIGIN, SyntheticMarket

__all__ = ["ORIGIN", "SyntheticBars", "SyntheticMarket", "prepare_home"]
