"""How each model family is prompted and read: small declarations, no I/O, no heavy import."""
