"""Files of many kinds as arrays: detected, read, kept, looked at.  Never imports torch."""
