"""Services that rerank and embed over HTTP: one file per wire dialect, one client for all of them."""
