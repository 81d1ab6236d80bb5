"""Export file formats, their registry and their shared readers."""
