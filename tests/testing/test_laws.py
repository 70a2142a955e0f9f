"""A policy that keeps the laws passes; one that breaks a law gets a counterexample."""

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
    """The shipped policies and the toy policy are checked."""
    check_laws(policy, settings=FEW)


def test_a_rule_that_reads_another_section_breaks_the_union_law() -> None:
    """Such a rule may be intended, so the law can be left out."""
    with pytest.raises(BrokenLawError, match=r"the toy policy breaks 1 of 11 laws") as caught:
        check_laws(ACROSS, without=[law for law in LAWS if law != "union"])
    assert set(caught.value.laws) == {"union"}
    assert "The violations of a union are the union of the violations." in str(caught.value)
    assert "TOY-NOTE-1 reads a key of another section; if that is meant: without union" in str(caught.value)
    check_laws(ACROSS, without=["union"], settings=FEW)


@attrs.frozen
class Fickle(Condition):
    """A condition that holds every third time."""

    fact: Fact
    calls: list[int] = attrs.field(factory=list, eq=False)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The fact that it claims to read."""
        return (self.fact,)

    def _holds(self, point: Any) -> bool:
        del point
        self.calls.append(1)
        return len(self.calls) % 3 == 0

    def __str__(self) -> str:
        return "the moon is full"


def test_a_condition_that_is_not_deterministic_is_caught() -> None:
    """A second policy with the same rules decides differently."""
    rule = Rule(id="SHOP-1", section=toy.Section.NOTE, only_if=Fickle(toy.STAGE), reason="so it is")
    with pytest.raises(BrokenLawError) as caught:
        check_laws(toy.POLICY.without("TOY-STAFF-1").with_rules(rule), without=["history", "split"], settings=FEW)
    assert "determinism" in caught.value.laws


def test_an_unknown_law_is_refused() -> None:
    """The message lists the laws."""
    with pytest.raises(ValueError, match="unknown laws: gravity; the laws are empty, waiver"):
        check_laws(toy.POLICY, without=["gravity"])
    with pytest.raises(TypeError, match="got the str 'union'"):
        check_laws(toy.POLICY, without="union")
    assert all(law.__doc__ for law in LAWS.values())
