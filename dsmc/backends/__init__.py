"""Ways to run a system; they know nothing of each other."""
