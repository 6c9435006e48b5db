"""Where images come from, one kind of place a module; each fulfils the port `Source`.

A source opens nothing until its first frame is asked for. It knows neither models nor results.
"""
