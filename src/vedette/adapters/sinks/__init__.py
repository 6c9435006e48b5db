"""Where outcomes go, one kind of place a module; each fulfils the port `Sink`.

A file appears under its name when it is complete. What an interrupted or failed run had written is kept, whole records
only, beside it as NAME.partial.
"""
