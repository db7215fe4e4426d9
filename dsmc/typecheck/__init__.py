"""Syntax tree to protocol: names are resolved, types inferred, every mistake of a file reported."""
