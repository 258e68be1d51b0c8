"""Evaluation: rankings of a judged set by stage, with intervals, significance and what repeats them."""
