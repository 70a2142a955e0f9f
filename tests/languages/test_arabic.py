"""Answers in Arabic: every sentence exists in both languages, and what is written from left to right is isolated."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import Code, Fact, InvalidInput, Policy, Problem, Rule, awal, salla
from orderrules.analysis import FindingKind
from orderrules.analysis.words import languages_of, words_of
from orderrules.authoring import ALWAYS, NEVER, Hint, Parameter
from orderrules.engine.decision_table import table_of
from orderrules.integrations.problems import preferred_language
from orderrules.languages import ar, en
from orderrules.languages.sentences import (
    FORM_COUNTS,
    SHIPPED,
    TABLES,
    Words,
    count_of,
    cut,
    fill,
    isolate,
    join_words,
    language_of,
    parameters_of,
    to_html,
    translate,
    untranslated,
)
from tests.kit import toy
from tests.kit.draw_sentences import sentences_of

FRAGMENTS: Final = [name for name in TABLES if name not in {"NOUNS", "JOINERS", "FORMS"}]
EVERY_POLICY: Final[list[Policy[Any, Any]]] = [
    salla.POLICY,
    salla.policy(pending=salla.PENDING_FAMILY, completed=salla.COMPLETED_FAMILY),
    salla.policy(pending=(), completed=(), missing_customer="none"),
    salla.policy(unknown_status="closed", locked=salla.CANCELED_FAMILY),
    salla.policy(locked={salla.Status.CANCELED}),
    salla.POLICY.given(store_allows_cancellation=False, store_allows_rating=True),
    awal.POLICY,
    awal.policy(skipping=True, payment_default="reset"),
]
ISOLATED: Final = re.compile("\u2068[^\u2068\u2069]*\u2069")
BODIES: Final[list[Any]] = [
    {"branch_id": "7", "courier_id": None, "employees": [1, "2"]},
    {"recever": {}, "status": "x", "data": {}, "items": []},
    {"customer": {"phone": 1, "first_name": "x"}, "ship_to": []},
    {"branch_id": 10**100, "payment": {"store_bank_id": 1.5, "reference_id": 1}},
    "{'a': 1}",
    '{"a": 1',
    "",
    b"\xff\xfe{\x00",
    b"\xef\xbb\xbf{}",
    '{"coupon_code": "x", "coupon_code": "y"}',
    {"coupon_code": "\0"},
    {"ship_to": {"geo_coordinates": {"lat": float("nan"), "lang": 1}}},
    {f"key{number}": 1 for number in range(200)},
    ["x"],
]


def marked(text: str) -> str:
    """Return a text with the isolating characters, which nobody sees, in place of two that one does."""
    return text.replace("‹", "\u2068").replace("›", "\u2069")


def left_to_right(text: str) -> str:
    """Return the Latin letters of an Arabic sentence that are not isolated, and whatever is left of an isolate."""
    return "".join(re.findall("[A-Za-z\u2068\u2069{}]", ISOLATED.sub("", text).replace("{}", "")))


@pytest.mark.parametrize("name", TABLES)
def test_every_fragment_is_there_in_both_languages(name: str) -> None:
    """The same codes, and no others."""
    assert set(getattr(ar, name)) >= set(getattr(en, name))
    if name != "FORMS":
        assert set(getattr(ar, name)) == set(getattr(en, name))
    assert untranslated("ar") == untranslated("en") == ()


@pytest.mark.parametrize("name", FRAGMENTS)
def test_both_fragments_have_the_same_parameters(name: str) -> None:
    """A parameter that one language leaves out would be lost."""
    for code, english in getattr(en, name).items():
        arabic = getattr(ar, name)[code]
        assert parameters_of(arabic) == parameters_of(english), code
        assert left_to_right(fill(arabic, dict.fromkeys(parameters_of(english), "x"), language_of("ar"))) == "", code


@pytest.mark.parametrize("policy", EVERY_POLICY)
def test_every_word_of_a_platform_is_there_in_both_languages(policy: Policy[Any, Any]) -> None:
    """Under every alternative of every assumption, and nothing is said twice in the data."""
    assert languages_of(policy) == {"ar": []}
    for about, which, text in words_of(policy):
        if isinstance(text, Words):
            assert left_to_right(translate(text, language_of("ar"))) == "", (about, which)
            assert not re.search("[\u0600-\u06ff]", text), (about, which)


@pytest.mark.parametrize("policy", EVERY_POLICY)
def test_every_sentence_of_every_cell_can_be_read_in_both(policy: Policy[Any, Any]) -> None:
    """No brace is left over, no Latin word stands in Arabic unisolated, and each has its own sentence."""
    sentences = dict(sentences_of(policy))
    assert len(set(sentences.values())) == len(sentences) > 5
    for english, arabic in sentences.items():
        assert left_to_right(arabic) == ""
        assert re.search("[\u0600-\u06ff]", arabic)
        assert not re.search("[\u0600-\u06ff\u2068\u2069{}]", english)
        # Both name the same ids.
        assert set(re.findall(r"\b[A-Z]+-[A-Z]+-\d\b", english)) == set(re.findall(r"[A-Z]+-[A-Z]+-\d", arabic))


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY, toy.POLICY], ids=lambda policy: policy.name)
def test_only_the_sentences_of_an_answer_differ(policy: Policy[Any, Any]) -> None:
    """Names, values, conditions and verdicts are the same, so both languages tell the same facts."""
    texts = {"actual", "expected", "message", "reason", "when", "question", "answer"}

    def without_texts(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: without_texts(value) for key, value in data.items() if key not in texts}
        return [without_texts(each) for each in data] if isinstance(data, list) else data

    for cell in table_of(policy).cells():
        english, arabic = cell.update.to_dict(), cell.update.to_dict(language="ar")
        assert without_texts(english) == without_texts(arabic)
        assert english == cell.update.to_dict(language="en")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body)[:30])
def test_every_problem_is_told_in_both(body: Any) -> None:
    """With its place, its hint and its values."""
    for show_values in (False, True):
        with pytest.raises(InvalidInput) as caught:
            salla.read_patch(body, show_values=show_values)
        assert left_to_right(caught.value.render("ar")) == ""
        assert str(caught.value) == caught.value.render() == caught.value.render("en")
        told: Any = caught.value.to_dict(language="ar")
        for problem, data in zip(caught.value.problems, told["problems"], strict=True):
            assert left_to_right(problem.render("ar")) == ""
            assert re.search("[\u0600-\u06ff]", data["message"])
            assert problem.message_in("ar") == data["message"] != problem.message
            assert problem.hint_in("ar") == data["hint"]
            assert data["pointer"] == problem.pointer


def test_sentences_are_arabic() -> None:
    """A refusal, a waiver, advice, a note, a problem: as a merchant reads them."""
    order = salla.Order(status="completed", customer=salla.CustomerKind.REGISTERED)
    decision = salla.POLICY.can_update(order, salla.Patch(customer=salla.Customer(id=1), coupon_code="x"))
    customer = "لا يمكن تعديل العميل: الطلب عميله من العملاء المسجلين"
    assert decision.messages_in("ar") == (
        f"{customer}؛ لا يجوز التعديل إلا حين يكون الطلب بلا عميل أو عميله من الضيوف",
        "لا يمكن تعديل الكوبون: حالة الطلب «تم التنفيذ»؛ لا يجوز التعديل إلا حين لا تكون حالة الطلب «تم التنفيذ»",
    )
    assert decision.explain(order, language="ar").splitlines()[:2] == [
        marked("مرفوض: ‹customer›، ‹coupon›"),
        marked(f"  ‹SALLA-CUSTOMER-1›: {decision.messages_in('ar')[0]}"),
    ]
    assert salla.POLICY.waivers[0].render("ar") == (
        marked("‹SALLA-DRAFT-1›: لا قيود حين يكون الطلب مسودة أو تكون حالة الطلب «مسودة»")
    )
    strange = salla.Order(status="complete")
    assert [advice.render("ar") for advice in salla.POLICY.advise(strange, salla.Patch(employees=()))] == [
        marked("‹SALLA-ADVICE-3›: قائمة الموظفين فارغة، وصفحة التوثيق تتحدث عن موظف أو أكثر (‹employees›)"),
        marked(
            "‹SALLA-ADVICE-5›: حالة الطلب ليست ‹slug› موثقًا، لذلك تُعد غير معروفة: ‹'complete'› - هل تقصد ‹completed›؟"
        ),
    ]
    assert salla.POLICY.can_update(strange, salla.Patch()).explain(strange, language="ar").splitlines()[1:] == [
        marked("  ملاحظة: قيمة (الحالة) في الطلب غير مذكورة في صفحة التوثيق: ‹'complete'› - هل تقصد ‹completed›؟")
    ]


def test_a_list_is_negated_once_and_joined_in_the_way_of_the_language() -> None:
    """Neither one nor the other."""
    family = salla.STATUS.is_not_in({"completed", "shipped"})
    assert family.expected({salla.STATUS: "completed"}) == (
        "it may change only while the order is neither completed nor shipped"
    )
    assert family.expected({salla.STATUS: "completed"}, language=language_of("ar")) == (
        "لا يجوز التعديل إلا حين لا تكون حالة الطلب «تم التنفيذ» ولا «تم الشحن»"
    )
    assert family.render("ar") == marked("الحالة: لا ‹completed› ولا ‹shipped›")
    assert (ALWAYS.render("ar"), NEVER.render("ar")) == ("دائمًا", "أبدًا")
    assert join_words(["a", "b", "c"], "and", language_of("ar")) == marked("‹a› و‹b› و‹c›")


@pytest.mark.parametrize(
    ("count", "english", "arabic"),
    [
        (0, "0 problems", "0 مشكلة"),
        (1, "1 problem", "مشكلة واحدة"),
        (2, "2 problems", "مشكلتان"),
        (3, "3 problems", "3 مشكلات"),
        (10, "10 problems", "10 مشكلات"),
        (11, "11 problems", "11 مشكلة"),
        (99, "99 problems", "99 مشكلة"),
        (100, "100 problems", "100 مشكلة"),
        (103, "103 problems", "103 مشكلات"),
        (1111, "1 111 problems", marked("‹1 111› مشكلة")),
    ],
)
def test_a_noun_agrees_with_its_number(count: int, english: str, arabic: str) -> None:
    """The categories of Unicode's CLDR; digits are ASCII."""
    assert count_of(count, "problem", language_of("en")) == english
    assert count_of(count, "problem", language_of("ar")) == arabic


def test_the_plural_categories_are_those_of_the_cldr() -> None:
    """Its own examples for Arabic."""
    examples = {
        "zero": [0],
        "one": [1],
        "two": [2],
        "few": [*range(3, 11), *range(103, 111), 1003],
        "many": [*range(11, 27), 111, 1011],
        "other": [100, 101, 102, 200, 201, 202, 300, 1000, 10000],
    }
    for category, counts in examples.items():
        assert {ar.plural(count) for count in counts} == {category}
    assert [ar.NOUNS["byte"].get(ar.plural(count), ar.NOUNS["byte"]["other"]) for count in (1, 2, 3, 11, 100)] == [
        "بايت واحد", "بايتان", "{count} بايتات", "{count} بايتًا", "{count} بايت",
    ]  # fmt: skip


def test_an_unknown_language_is_an_error_that_lists_those_there_are() -> None:
    """Wherever one is given."""
    decision = salla.POLICY.can_update(salla.Order(), salla.Patch())
    problem = Problem("/a", Code.MISSING)
    expected = "there is no language 'tlh'; the languages are: en, ar"
    for ask in (
        lambda: decision.explain(language="tlh"),
        lambda: decision.to_dict(language="tlh"),
        lambda: problem.render("tlh"),
        lambda: problem.to_dict(language="tlh"),
        lambda: Hint("cut_off").render("tlh"),
        lambda: salla.POLICY.waivers[0].render("tlh"),
        lambda: salla.STATUS.is_("completed").render("tlh"),
    ):
        with pytest.raises(ValueError, match=expected):
            ask()
    assert decision.explain(language="ar_SA") == decision.explain(language="AR") == decision.explain(language="ar")
    with pytest.raises(TypeError, match=r"expected the code of a language, such as 'ar', or a module .*; got int"):
        decision.explain(language=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_neither_the_environment_nor_a_locale_is_read() -> None:
    """The modules that make sentences import nothing that knows either."""
    for name in ("sentences", "ar", "en"):
        module = importlib.import_module(f"orderrules.languages.{name}")
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert not re.search(r"\b(os|locale|gettext|contextvars)\b", source)


TOY: Final = Fact("size", values=(1, 2), says=("it is size {}", "it is not size {}", "it is neither size {}"))


def test_what_is_missing_falls_back_to_english_and_lint_says_so() -> None:
    """English stands isolated in the Arabic sentence."""
    half = Rule(
        id="SHOP-1",
        section=salla.Section.EMPLOYEES,
        subject={"en": "the staff", "ar": "الفريق"},
        only_if=salla.DRAFT.is_(value=True),
        reason="only on drafts",
    )
    policy = salla.POLICY.with_rules(half)
    decision = policy.can_update(salla.Order(), salla.Patch(employees=(1,)))
    assert not decision.allowed
    assert decision.explain(language="ar").splitlines()[2] == marked("    السبب: ‹only on drafts›")
    (finding,) = (finding for finding in policy.lint() if finding.kind is FindingKind.UNTRANSLATED)
    assert (finding.about, finding.params, finding.kind.is_wrong) == (("SHOP-1 (reason)",), {"language": "ar"}, False)
    assert not [each for each in toy.POLICY.lint() if each.kind is FindingKind.UNTRANSLATED]
    assert TOY.say([1], language=language_of("ar")) == marked("‹it is size 1›")
    assert TOY.describe([1], language=language_of("ar")) == marked("‹size›: 1")
    with pytest.raises(ValueError, match="need an English text"):
        Words({"ar": "الفريق"})


def test_a_module_is_a_language() -> None:
    """It may have few fragments: the rest is English."""
    klingon: Any = ModuleType("klingon")
    vars(klingon).update(
        {name: getattr(en, name) for name in ("DIRECTION", "JOINERS", "FORMS", "plural")},
        CODE="tlh",
        DECISIONS={"allowed": "luq"},
    )
    assert salla.POLICY.can_update(salla.Order(), salla.Patch()).explain(language=klingon) == "luq"
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"branch_id": "7"})
    assert caught.value.render(klingon) == str(caught.value)
    assert "DECISIONS.refused" in untranslated(klingon)
    assert "DECISIONS.allowed" not in untranslated(klingon)


def test_values_of_facts_that_no_platform_names_are_told_in_both() -> None:
    """Bands, unknown values, and yes and no."""
    arabic = language_of("ar")
    weight = Fact("weight", bands=(0, 10))
    assert weight.describe(weight.values[1:2], language=arabic) == marked("‹weight›: أكبر من 0 ولا يزيد على 10")
    assert weight.describe(weight.values, language=arabic) == marked("‹weight›: أي عدد")
    staff = Parameter("sent by staff", values=(True, False), names={"ar": "الموظف"})
    assert staff.describe([True], language=arabic) == "الموظف: نعم"
    assert staff.describe([True], language=arabic, negated=True) == "الموظف: غير نعم"
    assert awal.ASKED.describe(awal.ASKED.values[:1], language=arabic) == "الحالة المطلوبة: غير مُرسَلة"
    assert salla.STATUS.say(salla.STATUS.values[-1:], language=arabic) == "حالة الطلب غير معروفة"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_a_foreign_value_cannot_escape_its_isolate(value: str) -> None:
    """Even one that has such characters itself."""
    order = salla.Order(status=value)
    text = salla.POLICY.can_update(order, salla.Patch()).explain(order, language="ar")
    assert text.count("\u2068") == text.count("\u2069")
    assert not re.search("[\u2068\u2069]", ISOLATED.sub("", text))
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({f"{value}?": 1, "branch_id": value}, show_values=True)
    assert left_to_right(caught.value.render("ar")) == ""


def test_a_text_is_isolated_once() -> None:
    """Not a number, an Arabic word or an empty text; a date and a grouped number are."""
    arabic = language_of("ar")
    texts = ["x", "/a/0", "7", "", "ملغي", marked("‹x›"), "2024-01-20", "1 000"]
    assert [isolate(text, arabic) for text in texts] == [
        marked("‹x›"), marked("‹/a/0›"), "7", "", "ملغي", marked("‹x›"), marked("‹2024-01-20›"), marked("‹1 000›"),
    ]  # fmt: skip
    assert [isolate(text, language_of("en")) for text in texts] == texts
    assert fill("رمّز UTF-8 مثل 2024-01-20", {}, arabic) == marked("رمّز ‹UTF-8› مثل ‹2024-01-20›")
    assert cut(marked("أ ‹abcdef› ب"), 5) == marked("أ ‹ab…›")
    assert cut("abc", 2) == "ab…"


def test_html_has_the_language_the_direction_and_escaped_isolates() -> None:
    """As a browser wants it."""
    assert to_html(marked("مفتاح ‹<a&b>›"), "ar") == (
        '<span lang="ar" dir="rtl">مفتاح <bdi dir="ltr">&lt;a&amp;b&gt;</bdi></span>'
    )
    assert to_html("a < b", "en") == '<span lang="en" dir="ltr">a &lt; b</span>'


def test_words_and_errors_can_be_pickled_and_copied() -> None:
    """With their translations."""
    rule = salla.POLICY.rules[0]
    for again in (pickle.loads(pickle.dumps(rule)), copy.deepcopy(rule)):
        assert again == rule
        assert translate(again.reason, language_of("ar")) == "الطلب الذي له عميل مسجل يحتفظ بعميله"
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"branch_id": "7"})
    assert pickle.loads(pickle.dumps(caught.value)).render("ar") == caught.value.render("ar")


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("راسل support@shop.sa أو https://shop.sa/help?x=1.", "راسل ‹support@shop.sa› أو ‹https://shop.sa/help?x=1›."),
        ("اتصل على +966 50 123 4567، بلغة C# أو .NET", "اتصل على ‹+966 50 123 4567›، بلغة ‹C#› أو ‹.NET›"),
        ("أنشئ salla.Order(id=..., status=...) الآن", "أنشئ ‹salla.Order(id=..., status=...)› الآن"),
        ("*pending* في 12:30", "*‹pending›* في ‹12:30›"),
        ("رمز SKU-12/ب", "رمز ‹SKU-12/›ب"),
        ("قسم ٣", "قسم ٣"),
    ],
)
def test_foreign_words_in_arabic_ones_are_isolated_whole(text: str, isolated: str) -> None:
    """An address, a number of a telephone, and code."""
    assert translate(Words({"en": "x", "ar": text}), language_of("ar")) == marked(isolated)
    assert to_html(marked("‹a›"), "ar").count("<bdi") == 1


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"en": "x", "ar": 5}, "a text that is not blank in the language 'ar'"),
        ({"en": "x", "ar": " "}, "a text that is not blank in the language 'ar'"),
        ({"en": "x", 5: "y"}, "a text that is not blank in the language 5"),
        ({"en": "x", "ar": "أ\u202eب"}, "marks a direction"),
    ],
)
def test_words_that_are_no_words_are_an_error_when_they_are_given(texts: Any, message: str) -> None:
    """And not when the first answer is given in that language."""
    for make in (
        lambda: Words(texts),
        lambda: Rule(id="X", section=salla.Section.COUPON, only_if=ALWAYS, reason=texts),
        lambda: Hint("x", text=texts),
    ):
        with pytest.raises(ValueError, match=message):
            make()


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"ar": ("{}",) * 4}, "need English ones"),
        ({"en": ("{}",) * 3, "ar": ("{}",) * 3}, "has 4 sentences in the language 'ar', got 3"),
        (("{}", "{}"), "has 3 sentences in the language 'en', got 2"),
        (("{}", "{x}", "{}"), r"has \{\} once"),
        (("{}", "x", "{}"), r"has \{\} once"),
        (("{}", "{} {}", "{}"), r"has \{\} once"),
    ],
)
def test_sentences_of_a_fact_are_checked_when_it_is_made(says: Any, message: str) -> None:
    """Their number, and that each has a place for the value."""
    with pytest.raises(ValueError, match=message):
        Fact("size", values=(1, 2), says=says)
    with pytest.raises(ValueError, match="not blank"):
        Fact("size", values=(1, 2), names={"ar": ""})


def test_a_language_with_mistakes_is_one_error_that_lists_them() -> None:
    """Before the first answer, not in the middle of one."""
    good = {name: getattr(en, name) for name in ("DIRECTION", "JOINERS", "FORMS", "plural")} | {"CODE": "tlh"}
    for wrong, message in (
        ({"CODE": "en"}, "CODE must be the code of a language that is not shipped"),
        ({"DIRECTION": "up"}, "DIRECTION must be"),
        ({"JOINERS": {"and": (", ", " joq ")}}, "JOINERS needs"),
        ({"JOINERS": {**en.JOINERS, "and": "joq"}}, "JOINERS.and must be two strings"),
        ({"FORMS": {}}, "FORMS needs"),
        ({"plural": "other"}, "plural must be a function"),
        ({"NOUNS": {"problem": {"one": "x"}}}, "NOUNS.problem must be a mapping of forms, with 'other'"),
        ({"ERRORS": "x"}, "ERRORS must be a mapping"),
        ({"DECISIONS": {"refused": "{sektions}"}}, "DECISIONS.refused has no parameter sektions"),
        ({"DECISIONS": {"refused": "{sections.__class__}"}}, "DECISIONS.refused has no parameter"),
        ({"DECISIONS": {"refused": "{sections"}}, "DECISIONS.refused cannot be read: "),
        ({"DECISIONS": {"refused": 7}}, "DECISIONS.refused cannot be read: "),
    ):
        module: Any = ModuleType("klingon")
        vars(module).update({**good, **wrong})
        with pytest.raises(ValueError, match=re.escape(message)):
            language_of(module)
    assert {code: 1 + max(language_of(code).FORMS.values()) for code in SHIPPED} == FORM_COUNTS


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ar", "ar"),
        ("AR-sa", "ar"),
        ("ar-SA,ar;q=0.9,en;q=0.8", "ar"),
        ("en, ar", "en"),
        ("en;q=0.5, ar;q=0.7", "ar"),
        ("fr;q=1, ar; q=0.1", "ar"),
        ("ar;q=0", "en"),
        ("ar;q=2", "en"),
        ("ar;q=x", "en"),
        ("ar;q=nan", "en"),
        ("*", "en"),
        ("fr", "en"),
        (",;=,", "en"),
        ("x," * 10_000 + "ar", "en"),
    ],
)
def test_a_header_chooses_a_language(header: str | None, language: str) -> None:
    """The heaviest one that is shipped; English if there is none."""
    assert preferred_language(header) == language
