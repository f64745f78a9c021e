"""Host checks: what this computer, its files and the broker's plain answers say.  Looks only."""
