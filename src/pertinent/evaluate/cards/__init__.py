"""Run cards: what a result was computed from, and whether a repeat finds the same."""
