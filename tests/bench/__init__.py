"""The benches: what the portal costs, against the least that it could cost, in one run.

``make bench`` runs them all. No bench asserts a time: figures are looked at, not tested.
"""
