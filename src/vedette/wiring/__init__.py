"""Builds the object graph of each command; the only floor that names concrete adapters."""
