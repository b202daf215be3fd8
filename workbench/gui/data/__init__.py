"""The datasets of the workspace: what there is, what is in it, and how more is added."""
