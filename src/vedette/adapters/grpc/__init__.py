"""gRPC: the Open Inference Protocol and health checks on one port.

    call -> door (guard, size, deadline) -> method -> flow -> message        a VedetteError on the way -> its status

It knows neither models nor runtimes. Nothing here is imported by the HTTP side, so that a server without gRPC does not
load it.
"""
