"""The exceptions of this library, and the problems that they list."""

from orderrules.engine.decision import UpdateRefused
from orderrules.reading.problems import Code, InvalidInput, Part, Problem

__all__ = ["Code", "InvalidInput", "Part", "Problem", "UpdateRefused"]
