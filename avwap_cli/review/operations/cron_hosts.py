"""Cron hosts: what runs a host's crontab, and in which zone it reads the hours."""

from __future__ import annotations

from dataclasses import dataclass

NEW_YORK = "America/New_York"
NEW_YORK_NAMES = (NEW_YORK, "US/Eastern", "posix/America/New_York", "posix/US/Eastern")


@dataclass(frozen=True, slots=True)
class CronHost:
    """One host.

    Attributes:
        cron: what was found, e.g. "cronie 1.7.2"; empty = nobody knows.
        honours_cron_tz: whether a line CRON_TZ=... moves the hours of the lines after it.
        time_zone: of the host's clock, e.g. "Europe/Berlin"; empty = nobody knows.
        timers: what starts a tick every minute without cron (systemd, launchd), by its path.
    """

    cron: str
    honours_cron_tz: bool
    time_zone: str
    timers: tuple[str, ...] = ()

    @property
    def tells_new_york_time(self) -> bool:
        """Whether hours in its crontab can be New York hours all the year."""
        return self.honours_cron_tz or self.time_zone in NEW_YORK_NAMES

    @property
    def named(self) -> str:
        """Cron and zone in words."""
        cron = self.cron or "a cron that nobody knows"
        return f"{cron}, host time {self.time_zone or 'not known'}"
