"""The terminal: options a person types and text a person reads."""
