"""Analysis of a rulebook: findings, differences, schemas, test vectors, tables and diagrams."""

from orderrules.analysis.diff import Diff, Difference
from orderrules.analysis.lint import Finding, FindingKind

__all__ = ["Diff", "Difference", "Finding", "FindingKind"]
