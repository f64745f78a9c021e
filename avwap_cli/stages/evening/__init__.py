"""Stages of the evening: from the membership lists to tonight's candidates."""
