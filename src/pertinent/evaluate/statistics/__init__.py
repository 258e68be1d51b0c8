"""Metrics of an order, and what can be believed of their means."""
