"""The two kinds of *no* that are raised: input that cannot be read, and an update required but refused."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderrules._decision import Decision


class Code(StrEnum):
    """What kind of problem a ``Problem`` is; stable, and safe to branch on."""

    NOT_JSON = "not_json"
    """The text or bytes are no JSON document."""
    WRONG_TYPE = "wrong_type"
    """The value is of another type than the documented one."""
    NULL = "null"
    """The value is null, which is no documented value; leaving a key out is how it stays as it is."""
    UNKNOWN_KEY = "unknown_key"
    """The key is documented nowhere in this body."""
    MISSING = "missing"
    """A required value is absent."""
    NOT_A_CHOICE = "not_a_choice"
    """The text is none of the documented values."""
    NOT_A_DATE = "not_a_date"
    """The text is no calendar day written ``YYYY-MM-DD``."""
    NOT_FINITE = "not_finite"
    """The number is infinite or not a number."""


class Part(StrEnum):
    """The part of a request or payload that a pointer starts from."""

    BODY = "body"
    PATH = "path"
    QUERY = "query"


@attrs.frozen
class Problem:
    """One thing that could not be read.

    Attributes:
        pointer: where it stands, an RFC 6901 JSON pointer into ``part``; ``""`` is the whole of it.
        code: what kind of problem it is.
        message: one lower-case sentence without a full stop.
        hint: what to do about it, or ``""``.
        part: what the pointer points into; the body unless said otherwise.
    """

    pointer: str
    code: Code
    message: str
    hint: str = ""
    part: Part = Part.BODY

    def __str__(self) -> str:
        place = self.pointer or "(the whole)"
        if self.part is not Part.BODY:
            place = f"{self.part} {place}"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.message}{hint}"

    def under(self, token: str) -> Problem:
        """Return the same problem seen from one level further out, where ``token`` leads to it."""
        escaped = token.replace("~", "~0").replace("/", "~1")
        return attrs.evolve(self, pointer=f"/{escaped}{self.pointer}")


class InvalidInput(ValueError):  # noqa: N818 - the public name is fixed, and says what happened.
    """What was given cannot be read: not a refusal, but no question that could be answered.

    Attributes:
        problems: every ``Problem`` found, in the order of the input; never empty.
    """

    def __init__(self, problems: Iterable[Problem], what: str = "input") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.what = what
        super().__init__(self.problems, what)

    def __str__(self) -> str:
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        return "\n".join([f"cannot read the {self.what}: {count}", *(f"  {problem}" for problem in self.problems)])


class UpdateRefused(Exception):  # noqa: N818 - the public name is fixed, and says what happened.
    """An update that had to be allowed is refused.

    Attributes:
        decision: the ``Decision``, with every violation.
    """

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(decision)

    def __str__(self) -> str:
        return self.decision.explain()
