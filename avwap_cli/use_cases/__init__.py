"""Use cases: what a command asks of the desks, one function per piece of work.

`conduct` runs a stage under its lock, with log and record.  `evening` and `trading_day` make
the arguments of the playbook's stages; `account`, `status`, `reporting`, `bars` and `host` are
for what a person does beside them.
"""
