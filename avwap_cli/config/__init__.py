"""Configuration: YAML -> frozen records, strict, the origin of every value known.

Read `resolve` first: packaged defaults, the home's files, `--config`, `AVWAP_*`
variables and flags are laid over each other (`layers`), validated into the records of
`settings` and `signals.rules` (`validation`, `cross_checks`) and handed out as one
`Config` (`records`).  Secrets are apart (`credentials`).
"""

from avwap_cli.config.credentials import Secrets, load_secrets, well_formed
from avwap_cli.config.records import Config, Setting, digest
from avwap_cli.config.resolve import Sources, check, describe, load

__all__ = [
    "Config",
    "Secrets",
    "Setting",
    "Sources",
    "check",
    "describe",
    "digest",
    "load",
    "load_secrets",
    "well_formed",
]
