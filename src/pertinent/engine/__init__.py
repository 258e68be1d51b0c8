"""How models run fast: downloads, tokens, windows, batches, and the engines on OpenVINO and torch."""
