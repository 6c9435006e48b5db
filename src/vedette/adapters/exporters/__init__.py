"""Stored runs for other tools: CSV that everything opens, and Weights & Biases.

An exporter knows values, not where runs are kept, and changes none.
"""
