"""Async orchestration: queues, tasks and the clock. Each port (a Protocol) stands beside the module that calls it."""
