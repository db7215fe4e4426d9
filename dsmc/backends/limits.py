"""Limits that every back end has in common: beyond them a step has no result."""

#: How often a `while` may go round in one step.
MAX_ROUNDS = 10_000
