"""The wiring of alerts: which channels there are, who brings messages to them, and who is pinged.

An `AlertDesk` is made from a `Desk` when somebody is first told of something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.home import Home
from avwap_cli.ports import Clock

if TYPE_CHECKING:
    from avwap_cli.adapters.alerts.channels import Channel
    from avwap_cli.adapters.alerts.couriers import Courier
    from avwap_cli.config import Config
    from avwap_cli.review.digests import Enclosure, Message
    from avwap_cli.stages.operations.alert_trials import Sent, Tried
    from avwap_cli.stages.operations.chart_inputs import ChartPorts
    from avwap_cli.stages.operations.run_digests import DigestPorts


@dataclass(frozen=True)
class AlertDesk:
    """The ports of alerts, plugged in for one run.

    Attributes:
        addresses: of channels and pings, by the name of their variable; secrets all.
        charts: what pictures of candidates are made from.
    """

    config: Config
    addresses: Mapping[str, str]
    home: Home
    store: ArtifactFiles
    runs: RunRecordFiles
    clock: Clock
    charts: Callable[[], ChartPorts]

    @cached_property
    def courier(self) -> Courier:
        """Who brings messages to people; without a channel it only logs."""
        from avwap_cli.adapters.alerts.couriers import Courier, Patience
        from avwap_cli.adapters.alerts.mailbox import Limits, Mailbox

        settings = self.config.alerts
        limits = Limits(settings.max_messages, settings.window_s)
        return Courier(
            self.channels,
            Mailbox(self.home.outputs / "alerts.json", self.home.locks, limits),
            Patience(settings.gather_s, settings.timeout_s, settings.deadline_s),
        )

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Those whose variable holds an address."""
        from avwap_cli.adapters.alerts.channels import channels_of

        return channels_of(self.config.alerts.channels, self.addresses)

    def undelivered(self) -> dict[str, tuple[int, float | None]]:
        """Channel -> how many messages wait for it, and since when (s of the wall clock)."""
        told = {
            c.name: self.courier.mailbox.undelivered(c.name, time.time()) for c in self.channels
        }
        return {name: found for name, found in told.items() if found[0]}

    def tried_channels(self) -> list[Tried]:
        """Each channel, to be tried with a message at once."""
        from avwap_cli.stages.operations.alert_trials import Sent, Tried

        settings = self.config.alerts

        def sending(channel: Channel) -> Callable[[Message], Sent]:
            def send(message: Message) -> Sent:
                until = time.monotonic() + settings.deadline_s
                answer = channel.deliver(message, settings.timeout_s, until)
                return Sent(answer.delivered, answer.text, answer.without)

            return send

        def picture(channel: Channel) -> Callable[[], Enclosure] | None:
            return self._sample if settings.charts and channel.takes_files() else None

        return [Tried(c.name, c.takes, sending(c), picture(c)) for c in self.channels]

    def _sample(self) -> Enclosure:
        from avwap_cli.adapters.pictures import paint, text_width
        from avwap_cli.playbook import current_session
        from avwap_cli.review.digests import Enclosure
        from avwap_cli.review.pictures.sample_sheets import sample_sheet

        sheet = sample_sheet(current_session(self.clock.now()), text_width)
        return Enclosure("candidates-test.png", paint(sheet))

    def _picture(self, scan: Mapping[str, Any], session: date) -> Enclosure | None:
        """The first candidates of a scan."""
        from avwap_cli.adapters.pictures import paint, text_width
        from avwap_cli.review.digests import Enclosure
        from avwap_cli.stages.operations.candidate_sheets import candidate_sheet

        most = self.config.alerts.charts
        sheet = candidate_sheet(scan, session, self.charts(), most, text_width)
        return None if sheet is None else Enclosure(f"candidates-{session}.png", paint(sheet))

    def digest_ports(self) -> DigestPorts:
        """What the digest of a run is given."""
        from avwap_cli.playbook import REPORT_HTML
        from avwap_cli.stages.operations.run_digests import DigestPorts

        return DigestPorts(
            sender=self.courier,
            store=self.store,
            runs=self.runs,
            clock=self.clock,
            account=self.config.broker.mode,
            report=lambda session: str(self.store.folder(session) / REPORT_HTML),
            quiet=self.config.alerts.on_success == "quiet",
            picture=self._picture if self.config.alerts.charts else None,
        )

    def ping(self, stage: str, *, well: bool) -> None:
        """Tell whoever watches that a stage ran, or that it failed; never raises."""
        from avwap_cli.adapters.alerts.pings import failing, ping

        settings = self.config.alerts
        urls = [settings.heartbeat_url] if well and settings.heartbeat_url else []
        own = self.addresses.get(settings.pings.get(stage, ""))
        if own:
            urls.append(own if well else failing(own))
        if urls:
            ping(*urls)
