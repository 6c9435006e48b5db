"""Referees: load generators of others that issue the requests themselves and give a verdict of their own.

They know nothing of targets or records: they call `send` with the number of an image.
"""
