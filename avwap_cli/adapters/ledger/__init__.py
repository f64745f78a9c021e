"""The durable ledger: one SQLite file per account, to which facts are appended."""
