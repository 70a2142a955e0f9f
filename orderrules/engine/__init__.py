"""The engine: decides, and finds what may be changed instead."""
