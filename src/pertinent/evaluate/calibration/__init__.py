"""Fitting maps from margin to probability, and measuring what they are worth."""
