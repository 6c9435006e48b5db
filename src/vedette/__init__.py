"""Vedette: serve your vision model, find the cheapest set-up that meets your deadline, and see it proved."""
