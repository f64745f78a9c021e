"""Measurements, never tests: ratios of one run, so that a slower machine changes nothing.

`make bench` runs them all: each figure is the median ratio of interleaved pairs, in CPU
time of the process tree.
"""
