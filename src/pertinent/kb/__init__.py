"""Knowledge bases: collections that follow folders of files."""
