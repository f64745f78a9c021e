"""Wiring: the one place that decides which adapter stands behind which port.

Begin with `desk`: a `Desk` is one run's set of ports.  Those of the market's data are made by
its `data_desk`, those of messages by an `alert_desk`, the ledgers that are there by a
`ledger_desk`, those of a trading day by a `trading_desk`, those of a drill by a `drill_desk`;
`home_care`, `doctor_questions` and `host_questions` are for the commands that look after a home,
`local_time` for those that show times of this computer.
"""
