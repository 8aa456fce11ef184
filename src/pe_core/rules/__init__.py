"""Pure functions: what may be asked, moved, kept and said; nothing that reads or writes rows."""
