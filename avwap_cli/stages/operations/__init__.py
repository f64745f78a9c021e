"""Stages around the day: status, pages, alerts, timers, care of the home, and recordings."""
