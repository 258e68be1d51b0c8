"""What an evaluation found, for people: a page with plots, and the output folder."""
