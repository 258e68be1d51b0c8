"""Where documents live: collections on disk, filters, and the protocol every store keeps.

The embedded store is opened with :mod:`pertinent.store.collection`; nothing heavy is imported before that.
"""
