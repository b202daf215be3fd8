"""The first page: templates to start from and the models of this workspace."""
