"""Decisions about models on their way in: names, and what a graph and its metadata tell of a manifest.

They know no file format and no engine: a `Signature` is all they see of a model.
"""
