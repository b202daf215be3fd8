"""Files of strangers, typed texts and rows as a model was trained to take them, made ready by a process of its own.

Never imports torch: what decodes must start fast, and start again after a file that ended it.
"""
