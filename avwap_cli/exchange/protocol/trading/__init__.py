"""The trading host: account, orders, positions, clock, calendar and assets."""
