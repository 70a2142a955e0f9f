"""What ``Policy.lint`` and ``Policy.diff`` give: findings, and differences."""

from orderrules._lint import Finding, Kind
from orderrules._meaning import Diff, Difference

__all__ = ["Diff", "Difference", "Finding", "Kind"]
