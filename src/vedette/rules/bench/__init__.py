"""Decisions about measurements: what makes one invalid, and which two may be compared."""
