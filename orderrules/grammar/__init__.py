"""The grammar: the classes that a rulebook is built from."""
