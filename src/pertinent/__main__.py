"""``python -m pertinent``: the command line."""

from pertinent.cli.app import main

if __name__ == "__main__":
    main()
