"""Compare: curves of several runs over one another and what differs between them.  May import runs and widgets."""
