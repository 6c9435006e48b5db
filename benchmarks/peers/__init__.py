"""Servers to compare with; each runs in an environment of its own, where Vedette is not installed."""
