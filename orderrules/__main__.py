"""``python -m orderrules`` is the command line."""

from orderrules.cli import main

if __name__ == "__main__":
    main()
