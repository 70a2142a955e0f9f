"""The engine: decides on updates, and finds what may be changed instead."""
