"""Two-stage search: over collections on disk, and over documents in memory."""
