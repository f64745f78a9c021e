"""The wiring of alerts: which channels there are, who brings messages to them, and who is pinged.

An `AlertDesk` is made from a `Desk` when somebody is first told of something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.home import Home
from avwap_cli.ports import Clock

if TYPE_CHECKING:
    from avwap_cli.adapters.alerts.channels import Channel
    from avwap_cli.adapters.alerts.couriers import Courier
    from avwap_cli.config import Config
    from avwap_cli.review.digests import Message
    from avwap_cli.stages.alert_trials import Tried
    from avwap_cli.stages.run_digests import DigestPorts


@dataclass(frozen=True)
class AlertDesk:
    """The ports of alerts, plugged in for one run.

    Attributes:
        addresses: of channels and pings, by the name of their variable; secrets all.
    """

    config: Config
    addresses: Mapping[str, str]
    home: Home
    store: ArtifactFiles
    runs: RunRecordFiles
    clock: Clock

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

    def tried_channels(self) -> list[Tried]:
        """Each channel, to be tried with a message at once."""
        from avwap_cli.stages.alert_trials import Tried

        settings = self.config.alerts

        def sending(channel: Channel) -> Callable[[Message], tuple[bool, str]]:
            def send(message: Message) -> tuple[bool, str]:
                until = time.monotonic() + settings.deadline_s
                answer = channel.deliver(message, settings.timeout_s, until)
                return answer.delivered, answer.text

            return send

        return [Tried(c.name, c.takes, sending(c)) for c in self.channels]

    def digest_ports(self) -> DigestPorts:
        """What the digest of a run is given."""
        from avwap_cli.playbook import REPORT_HTML
        from avwap_cli.stages.run_digests import DigestPorts

        return DigestPorts(
            sender=self.courier,
            store=self.store,
            runs=self.runs,
            clock=self.clock,
            account=self.config.broker.mode,
            report=lambda session: str(self.store.folder(session) / REPORT_HTML),
            quiet=self.config.alerts.on_success == "quiet",
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
