"""What turns texts into vectors: local models, and the facade over them."""
