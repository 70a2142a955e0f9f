"""The grammar: the records of which a rulebook consists."""
