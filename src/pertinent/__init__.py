"""Pertinent puts the passage that truly answers the question first."""
