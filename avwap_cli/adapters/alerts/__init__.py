"""Alerts: messages on their way out, what was not delivered, and who is asked to watch."""
