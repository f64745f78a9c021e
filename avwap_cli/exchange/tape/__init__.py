"""The tape: what happens at which time, for each symbol and session."""
