"""What Vedette costs and gains, always as a ratio within one run; `python -m benchmarks.NAME [--json FILE]`."""
