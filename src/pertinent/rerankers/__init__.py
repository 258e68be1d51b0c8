"""What scores a document against a query: models here and at services, chains, cascades, and the facade."""
