"""Clients of systems under test, one kind a module; each fulfils the port `Target`.

A client makes every body ready before it is measured, sends it as it is, never tries again, and follows no redirect. It
stamps no times, and does not know what an answer means.
"""
