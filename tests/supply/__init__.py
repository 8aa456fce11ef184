"""What we are given and what we hand on: audits, licences, bill of materials, wheels.

``python -m tests.supply COMMAND`` runs one check, prints a small table and exits 0 or 1.
"""
