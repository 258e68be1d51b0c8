"""Knowledge bases: collections that follow folders of files, searched as the environment says."""
