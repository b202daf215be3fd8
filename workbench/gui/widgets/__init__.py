"""The shared parts that views are built of; every interactive one is given its name and tooltip."""
