"""The workspace: one SQLite database and a folder beside it.

`store.Store` is the only door; naming a record's type costs no import of SQLAlchemy.
"""
