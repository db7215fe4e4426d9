"""The fast back end: a system as C source, and the search that runs it."""
