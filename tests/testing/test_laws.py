"""A policy that keeps the laws passes, one that breaks one is shown a counterexample."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings

from orderrules import Condition, Fact, Rule, awal, salla
from orderrules.testing import LAWS, BrokenLawError, check_laws
from tests.kit import toy
from tests.kit.policies import ACROSS

FEW = settings(
    max_examples=60,
    phases=[Phase.generate, Phase.shrink],
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY, toy.POLICY], ids=lambda policy: policy.name)
def test_policies_keep_the_laws(policy: Any) -> None:
    """The shipped ones, and the toy."""
    check_laws(policy, settings=FEW)


def test_a_rule_that_reads_another_section_breaks_the_union() -> None:
    """On purpose, so it may be left out."""
    with pytest.raises(BrokenLawError, match=r"the toy policy breaks 1 of 11 laws") as caught:
        check_laws(ACROSS, without=[law for law in LAWS if law != "union"])
    assert set(caught.value.laws) == {"union"}
    assert "The violations of a union are the union of the violations." in str(caught.value)
    check_laws(ACROSS, without=["union"], settings=FEW)


@attrs.frozen
class Fickle(Condition):
    """Holds every other time it is asked."""

    fact: Fact
    asked: list[int] = attrs.field(factory=list, eq=False)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The one fact it seems to read."""
        return (self.fact,)

    def _holds(self, point: Any) -> bool:
        del point
        self.asked.append(1)
        return len(self.asked) % 2 == 0

    def __str__(self) -> str:
        return "the moon is full"


def test_a_condition_that_is_not_a_function_is_caught() -> None:
    """A policy made anew decides otherwise."""
    rule = Rule(id="SHOP-1", section=toy.Section.NOTE, only_if=Fickle(toy.STAGE), reason="so it is")
    with pytest.raises(BrokenLawError) as caught:
        check_laws(toy.POLICY.without("TOY-STAFF-1").with_rules(rule), without=["history", "split"], settings=FEW)
    assert "determinism" in caught.value.laws


def test_there_are_no_other_laws() -> None:
    """A name that is none is told."""
    with pytest.raises(ValueError, match="unknown laws: gravity; the laws are empty, waiver"):
        check_laws(toy.POLICY, without=["gravity"])
    with pytest.raises(TypeError, match="got the str 'union'"):
        check_laws(toy.POLICY, without="union")
    assert all(law.__doc__ for law in LAWS.values())
