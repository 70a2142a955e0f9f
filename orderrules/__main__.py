"""Run the command line with ``python -m orderrules``."""

from orderrules.cli import main

if __name__ == "__main__":
    main()
