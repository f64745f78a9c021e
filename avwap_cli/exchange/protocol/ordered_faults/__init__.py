"""Faults on the way of a request: how they are written, and what they do to an answer."""
