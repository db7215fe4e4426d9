"""The search, over anything that is a `Machine`."""
