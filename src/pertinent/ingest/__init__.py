"""How documents come in: one reader per format, one chunker."""
