"""Runs: the table of all trainings, and one of them in detail, live.  May import Qt, records, session, widgets."""
