"""What turns texts into vectors: models here and at services, one protocol, and the facade over them."""
