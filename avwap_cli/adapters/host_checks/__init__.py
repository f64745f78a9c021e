"""Host checks: what this computer and its files say.  Looks only."""
