"""Counterexamples and witnesses: replayed in the reference, explained, drawn."""
