"""Use cases of the embassy, one module a noun; each function reads like the act."""
