"""The monitor: a process of its own that reads the machine on a fixed schedule and writes down what it read.

It does not know what it measures for: neither requests nor models nor verdicts.
"""
