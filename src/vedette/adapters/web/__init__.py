"""Requests that the server sends by itself: images that callers name by address, and webhooks."""
