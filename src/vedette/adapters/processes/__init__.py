"""Processes that Vedette starts, and the event loop that measures in them.

They carry messages; what the messages mean is not known here.
"""
