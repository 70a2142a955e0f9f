"""The tests. They mirror the modules; ``properties/`` holds the laws, ``oracle.py`` a second witness."""
