"""Isolation levels, decided on recorded histories of transactions and on those of models.

`decide` and `LEVELS` are what the rest of the tool uses; see docs/isolation.md for the definitions.
"""
