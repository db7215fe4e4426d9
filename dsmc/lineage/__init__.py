"""Lineage-driven search: from a run that succeeds, which faults could have made it fail?

Of a run by the synchronous schedule (`schedule`) it is worked out why it is good: a formula over the faults
of a round that must not happen, and those that must (`supports`). A set of faults that breaks the property
has to make each such formula false (`smt/cuts`): the smallest is tried, and either breaks it, or gives
another formula (`search`). When there is no such set, no run of the schedule breaks it.

Alvaro, Rosen, Hellerstein: Lineage-driven Fault Injection, SIGMOD 2015.
"""
