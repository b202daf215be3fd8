"""The workspace: one SQLite database and a folder beside it. `store.Store` is the only door; records cost no import."""
