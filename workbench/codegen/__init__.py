"""From a document to the text of a readable PyTorch program. No torch is imported here."""
