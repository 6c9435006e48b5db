"""From measurements to a deployment, and back to a measurement: planner, and the verification of its plans."""
