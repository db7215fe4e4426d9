"""Reductions: what is said of a system can be said of a smaller one. One reduction a file."""
