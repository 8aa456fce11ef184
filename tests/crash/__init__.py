"""The crash test: a real process under a real load is killed, over and over, and then judged.

``python -m tests.crash --rounds 200 --seed 1`` keeps one embassy through all rounds. Whatever a
client was told is done must be there, once, and whatever is there must fit together.
"""
