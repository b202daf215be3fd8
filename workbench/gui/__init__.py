"""The window: PySide6 and pyqtgraph, never torch.  May import jobs, store, codegen, catalog and core."""
