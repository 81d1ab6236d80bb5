"""History as providers export it: one module per file format."""
