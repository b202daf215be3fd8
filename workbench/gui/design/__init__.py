"""The Design view: palette, canvas, property form, problems, code, summary and updates of the open model."""
