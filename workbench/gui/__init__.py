"""The window: PySide6 and pyqtgraph live here, torch never does.  May import jobs, store, codegen, catalog, core."""
