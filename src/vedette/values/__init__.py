"""Frozen values that cross a border between floors, and nothing else.

They hold data and the checks of one constructor. They know no file, no clock, no library but NumPy.
"""
