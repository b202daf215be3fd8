"""What can stand on the canvas, and the check of a whole document. Standard library and core only."""
