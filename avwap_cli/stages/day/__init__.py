"""Stages of the trading day: from the frozen plan to closed positions, and the ledger's care."""
