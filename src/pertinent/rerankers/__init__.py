"""What scores a document against a query: local models, and the facade that sorts."""
