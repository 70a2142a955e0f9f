"""The words of all answers, as data, and the functions that put values into them. Nothing else is imported here."""
