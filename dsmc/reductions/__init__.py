"""A search with reductions: small spaces as they are, larger ones by what is left of them."""

from dsmc.reductions.searching import search

__all__ = ["search"]
