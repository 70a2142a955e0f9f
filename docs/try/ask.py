"""Asks the library what the page asks its JavaScript, and what only the library knows. Runs in the browser."""

import functools
import json
import sys
from typing import Any

from orderrules import InvalidInput, awal, salla
from orderrules.analysis.readings import read_as
from orderrules.languages.sentences import language_of

ENDPOINTS: dict[str, Any] = {"salla": salla.ENDPOINT, "awal": awal.ENDPOINT}


def ask(text: str) -> str:
    """Answer a question of the page, both as JSON.

    ``answer`` is made as ``answer.js`` makes it; the plan, the guard, the advice and the findings go beyond it.
    """
    question = json.loads(text)
    endpoint, language = ENDPOINTS[question["platform"]], question["language"]
    policy = _variant(question, {})
    order, order_problems = _read(lambda: read_as(endpoint, question["order"], guest=question["guest"]), language)
    patch, body_problems = _read(lambda: endpoint.read_patch(question["body"]), language)
    answer: dict[str, Any] = {
        "digest": _variant({**question, "given": {}}, {}).digest(),
        "orderProblems": order_problems,
        "bodyProblems": body_problems,
        "decision": None,
        "split": None,
        "sections": None,
        "actions": None,
        "next": None,
        "variants": None,
    }
    more: dict[str, Any] = {"plan": None, "guard": None, "advice": None}
    if order is not None:
        answer["sections"] = {
            section.value: decision.to_dict(order, language=language)
            for section, decision in policy.editable(order).items()
        }
        answer["actions"] = {
            action.value: policy.can(order, action).to_dict(order, action, language=language)
            for action in policy.actions or ()
        }
        answer["next"] = _next_statuses(policy, order)
        answer["variants"] = [_summary(_variant(question, each), order, patch) for each in question["variants"]]
    if order is not None and patch is not None:
        decision = policy.can_update(order, patch)
        answer["decision"] = decision.to_dict(order, patch, language=language)
        parts = policy.split(order, patch).to_dict(order, patch, language=language)
        answer["split"] = {"allowed": parts["allowed"], "refused": parts["refused"]}
        plan = policy.plan(order, patch).to_dict(order, language=language)
        # As text: JavaScript would round long numbers.
        more["plan"] = {**plan, "steps": [json.dumps(step, ensure_ascii=False, indent=2) for step in plan["steps"]]}
        more["advice"] = [each.to_dict(language=language) for each in policy.advise(order, patch)]
    if patch is not None:
        more["guard"] = policy.guard(patch).render(language_of(language))
    findings = [finding.to_dict() for finding in _lint(policy)]
    return json.dumps({"answer": answer, **more, "findings": findings, "python": sys.version.split()[0]})


def _read(read: Any, language: str) -> tuple[Any, dict[str, Any] | None]:
    try:
        return read(), None
    except InvalidInput as error:
        return None, error.to_dict(language=language)


def _variant(question: dict[str, Any], changes: dict[str, Any]) -> Any:
    """Return the policy of a question with some settings and parameters changed; None takes one back."""
    chosen = [
        {key: value for key, value in {**question[name], **changes.get(name, {})}.items() if value is not None}
        for name in ("settings", "given")
    ]
    return _policy(question["platform"], json.dumps(chosen))


def _summary(policy: Any, order: Any, patch: Any) -> dict[str, Any]:
    """Return the verdicts of a policy alone."""
    return {
        "next": _next_statuses(policy, order),
        "update": None if patch is None else policy.can_update(order, patch).allowed,
        "sections": {section.value: decision.allowed for section, decision in policy.editable(order).items()},
        "actions": {action.value: policy.can(order, action).allowed for action in policy.actions or ()},
    }


def _next_statuses(policy: Any, order: Any) -> list[Any] | None:
    following = policy.next_statuses(order)
    return None if following is None else sorted(following)


@functools.lru_cache(maxsize=256)
def _policy(platform: str, chosen: str) -> Any:
    settings, given = json.loads(chosen)
    policy = ENDPOINTS[platform].make_policy(**settings)
    return policy.given(**given) if given else policy


@functools.lru_cache(maxsize=64)
def _lint(policy: Any) -> Any:
    return policy.lint()
