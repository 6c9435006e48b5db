"""Solvers of linear problems in whole numbers, behind the port in `flows/planning/solver`. They know no devices."""
