"""Judged sets on disk: one file per layout, and ``opening.open_tasks`` that tells them apart."""
