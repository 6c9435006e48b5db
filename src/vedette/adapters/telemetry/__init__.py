"""Traces of a server: one span a request, with the stages of its timeline below it, to an OpenTelemetry collector.

It needs the extra `otel`. It knows no protocol: whatever has ended (`flows/inference/ended`) is told to it.
"""
