"""avwap: from tonight's universe to tomorrow's candidates, explained to the last number.

Start reading at `playbook`, which lists the stages of the day in order.
"""

__version__ = "0.1.0"
