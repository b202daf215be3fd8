"""The document: graph, edits, expressions, shapes, file format. Standard library only."""
