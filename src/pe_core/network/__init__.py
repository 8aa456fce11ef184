"""Embassies that trust each other, without a centre: who they are and what passes between them."""
