"""``pertinent serve``: models and collections over HTTP, in the dialects that clients speak already."""
