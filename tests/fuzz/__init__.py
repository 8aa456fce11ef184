"""Fuzzing: our parsers of outside bytes, each fed with what no browser would ever send.

A target is a plain function of bytes. It returns when the parser read the bytes or refused them
as its documentation says; whatever else it lets out is a finding. ``python -m tests.fuzz`` runs
the targets under atheris, ``tests/test_fuzz.py`` runs them over their seeds in the suite.
"""
