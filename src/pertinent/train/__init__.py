"""Training of compact rerankers and embedders: mine, synthesise, label, distil, merge, quantise, export."""
