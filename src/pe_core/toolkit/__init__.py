"""For the authors of plugins, and for the project's own tests."""
