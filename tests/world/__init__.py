"""The world: real embassies that write to each other, and everything that can go wrong.

``python -m tests.world --processes 24 --seconds 600 --seed 1`` opens so many embassies, each a
process of its own on a network of its own, pairs each with each, lets all write to all, and then
kills processes, pulls cables, breaks connections, sets clocks wrong and fills disks. In the end
every letter must be there once, in its order, and nothing else.
"""
