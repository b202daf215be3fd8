"""The model service: one process that keeps trained models and their data at hand, and answers what is asked of them.

See __main__ for how it is started and asked. Imports the other parts of the engine.
"""
