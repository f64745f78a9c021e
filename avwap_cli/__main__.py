"""`python -m avwap_cli` is `avwap`."""

from avwap_cli.cli import main

main()
