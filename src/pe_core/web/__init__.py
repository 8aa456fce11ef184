"""Pages over HTTP: the app, its guards, and what askers and staff see."""
