"""What a property of whole runs costs beyond the search for states: `python -m bench.liveness`.

Beside SPIN, which looks for cycles while it searches, with weak fairness (`pan -a -f`).
"""
