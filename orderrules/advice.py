"""What a rule of advice may look for: the kinds of ``AdviceRule.when``."""

from orderrules.grammar.advice import Again, Before, Hollow, LeftOut, Nothing, Unlisted, Without

__all__ = ["Again", "Before", "Hollow", "LeftOut", "Nothing", "Unlisted", "Without"]
