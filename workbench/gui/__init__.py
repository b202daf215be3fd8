"""The window: PySide6, never torch.  May import jobs, store, codegen, catalog and core."""
