"""The command line: one command a module, arguments in, tables and exit codes out.

It decides nothing about models or images: it calls `wiring` and prints what comes back.
"""
