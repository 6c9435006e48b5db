"""Figures out of samples."""
