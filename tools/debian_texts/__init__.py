"""Passages of general English from the documentation in Debian packages (see ``tools/general_text.py``)."""
