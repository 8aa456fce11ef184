"""The whole desk against a plain model of it: see ``tests/test_desk_stateful.py``."""
