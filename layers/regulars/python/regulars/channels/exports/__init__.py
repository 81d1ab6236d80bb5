"""Export file formats, and their shared readers."""
