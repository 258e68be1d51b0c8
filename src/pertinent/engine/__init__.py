"""How models run fast: tokens, windows, batches, and the OpenVINO forward pass."""
