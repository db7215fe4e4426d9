"""How many states are left with symmetry, with partial order and with both: `python -m bench.reductions`.

Beside SPIN's partial order where the peers kit has a model of the same system.
"""
