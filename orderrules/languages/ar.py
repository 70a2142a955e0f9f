"""Arabic: the fragments of which all answers are made, as data; see ``en`` for the meaning of each table.

The sentences are ours, in Modern Standard Arabic. Where a subject or a verb would have to agree with an inserted word
in gender, a sentence is built around a verbal noun or a neutral turn instead. Latin words are written plainly here:
they are isolated when a sentence is made.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE: Final = "ar"
NAME: Final = "العربية"
DIRECTION: Final[Literal["ltr", "rtl"]] = "rtl"
_FEW: Final = range(3, 11)
_MANY: Final = range(11, 100)


def plural(count: int) -> str:
    """Return the plural category of a number (Unicode CLDR): it is the last two digits that count from 3 on."""
    if count in {0, 1, 2}:
        return ("zero", "one", "two")[count]
    if count % 100 in _FEW:
        return "few"
    return "many" if count % 100 in _MANY else "other"


def _noun(*, one: str, two: str, few: str, many: str, other: str) -> Mapping[str, str]:
    numbered = {"few": few, "many": many, "other": other}
    return MappingProxyType({"one": one, "two": two, **{name: f"{{count}} {form}" for name, form in numbered.items()}})


# Each noun stands in one case: problems, bytes, characters and items are counted in the nominative, the others after
# "more than" in the genitive.
NOUNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "problem": _noun(one="مشكلة واحدة", two="مشكلتان", few="مشكلات", many="مشكلة", other="مشكلة"),
        "byte": _noun(one="بايت واحد", two="بايتان", few="بايتات", many="بايتًا", other="بايت"),
        "character": _noun(one="محرف واحد", two="محرفان", few="محارف", many="محرفًا", other="محرف"),
        "item": _noun(one="عنصر واحد", two="عنصران", few="عناصر", many="عنصرًا", other="عنصر"),
        "digit": _noun(
            one="خانة رقمية", two="خانتين رقميتين", few="خانات رقمية", many="خانة رقمية", other="خانة رقمية"
        ),
        "key": _noun(one="مفتاح واحد", two="مفتاحين", few="مفاتيح", many="مفتاحًا", other="مفتاح"),
        "level": _noun(one="مستوى واحد", two="مستويين", few="مستويات", many="مستوى", other="مستوى"),
        "field": _noun(one="حقل واحد", two="حقلين", few="حقول", many="حقلًا", other="حقل"),
    }
)
JOINERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "and": (" و", " و"),
        "or": (" أو ", " أو "),
        "nor": (" ولا ", " ولا "),
        "list": ("، ", "، "),
        "clauses": ("؛ ", "؛ "),
    }
)
# A fact has four sentences: what it is and is not, and the same with the verb that stands after "while". What is none
# of several values is negated once, and its values are joined by "ولا".
FORMS: Final[Mapping[str, int]] = MappingProxyType(
    {"is": 0, "is_not": 1, "is_none_of": 1, "while_is": 2, "while_is_not": 3, "while_is_none_of": 3}
)
VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown": "قيمة غير معروفة",
        "left out": "غير مُرسَل",
        "yes": "نعم",
        "no": "لا",
        "above": "أكبر من {bound}",
        "at_most": "لا يزيد على {bound}",
        "any_number": "أي عدد",
    }
)
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "null": "null",
        "boolean": "قيمة منطقية",
        "integer": "عدد صحيح",
        "number": "عدد",
        "string": "نص",
        "array": "مصفوفة",
        "object": "كائن",
        "date": "تاريخ بالصيغة YYYY-MM-DD",
        "unknown": "قيمة من نوع غير معروف",
        "order": "كائن يمثل طلبًا",
        "status object": "كائن فيه slug",
        "id": "عدد صحيح أو نص من الأرقام 0 إلى 9",
        "decimal": "عدد صحيح مكتوب بالأرقام 0 إلى 9",
        "other string": "نص آخر",
        "query": "قاموس أو نص استعلام",
        "flag": "true أو false، أو yes أو no، أو 1 أو 0",
        "condition": "كائن فيه all أو any، أو fact مع in أو not in أو follows",
        "value of a sent key": "قيمة إن أُرسل المفتاح، ولا شيء إن لم يُرسل",
        "verdict": "القيمة false إن كانت هناك مخالفات، و true إن لم تكن",
        "row": "قيمة ومصفوفة القيم التي يجوز أن تليها",
        "any": "قيمة من النوع {kind}",
    }
)
PROBLEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "wrong_type": "المتوقع {expected}، والموجود {found}",
        "wrong_type.form": "المتوقع {expected}",
        "null": "المتوقع {expected}، والموجود null",
        "unknown_key": "ليس مفتاحًا موثقًا في هذا الموضع",
        "key_not_text": "يجب أن يكون المفتاح نصًا، والموجود {found}",
        "duplicate_key": "يظهر أكثر من مرة",
        "duplicate_key.row": "صف ثانٍ للقيمة نفسها",
        "missing": "مطلوب",
        "not_a_choice": "القيم الممكنة: {choices}",
        "not_a_choice.only": "القيمة الممكنة: {choices}",
        "not_a_choice.none": "غير معروف هنا",
        "not_a_date": "المتوقع تاريخ بالصيغة YYYY-MM-DD",
        "not_a_date.no_such_day": "المتوقع تاريخ موجود في التقويم",
        "not_finite": "المتوقع عدد منتهٍ، والموجود ما لا نهاية أو NaN",
        "not_finite.constant": "القيمة {literal} ليست عددًا في JSON",
        "number_too_long": "فيه أكثر من {bound:digit}",
        "bad_text.nul": "يحتوي على المحرف NUL",
        "bad_text.surrogate": "المحرف رقم {at} محرف بديل (surrogate) بلا قرين",
        "unreadable": "وقع خطأ عند قراءة عناصر القاموس",
        "not_json.empty": "فارغ",
        "not_json.cut_off": "ليس JSON صحيحًا: ينقطع عند السطر {line}، العمود {column}",
        "not_json.single_quotes": "ليس JSON صحيحًا: علامات اقتباس مفردة عند السطر {line}، العمود {column}",
        "not_json.syntax": "ليس JSON صحيحًا: خطأ في الصياغة عند السطر {line}، العمود {column}",
        "not_csv.syntax": "ليس CSV صحيحًا: {error}",
        "not_csv.syntax_to": "ليس CSV صحيحًا (حتى السطر {line}): {error}",
        "not_csv.not_utf8": "ليس CSV صحيحًا (حتى السطر {line}): البايت {at} ليس UTF-8",
        "not_csv.width": "عدد الحقول المتوقع كما في سطر العناوين {bound}، والموجود {found}",
        "not_csv.width_to": "عدد الحقول المتوقع كما في سطر العناوين {bound}، والموجود {found} (حتى السطر {line})",
        "trailing_text": "بعد مستند JSON نص زائد، عند السطر {line}، العمود {column}",
        "not_utf8.other_encoding": "مرمّز بترميز UTF-16 أو UTF-32، والمتوقع UTF-8",
        "not_utf8.byte": "البايت {at} ليس UTF-8 صحيحًا",
        "not_utf8.bytes": "يحتوي على بايتات ليست UTF-8 صحيحًا",
        "byte_order_mark": "يبدأ بعلامة ترتيب البايتات، و JSON لا يسمح بها",
        "too_large.bytes": "حجمه {found:byte}، والحد الأقصى {bound}",
        "too_large.more_bytes": "حجمه أكبر من: {found:byte}، والحد الأقصى {bound}",
        "too_large.characters": "طوله {found:character}، والحد الأقصى {bound}",
        "too_large.keys": "فيه أكثر من {bound:key}",
        "too_large.items": "فيه {found:item}، والحد الأقصى {bound}",
        "too_large.row": "أطول من اللازم: {bound:byte} أو أكثر",
        "too_deep": "متداخل إلى عمق يزيد على {bound:level}",
        "too_deep.stack": "أعمق تداخلًا مما تتسع له بقية مكدس Python",
        "not_an_order.other_webhook": "إشعار webhook للحدث {event!r}، وليس طلبًا",
        "not_an_order.failed": "رد على نداء API فاشل، وليس طلبًا من طلبات المتجر",
        "not_an_order.foreign_keys": "ليس طلبًا: لا يوجد في أي طلب المفتاح {keys}",
        "not_an_order.no_key": "ليس طلبًا: لا يوجد فيه {keys}",
    }
)
ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "problems": "تعذّرت {what}: {count:problem}",
        "place": "{place}: {message}",
        "place_in": "{part} {place}: {message}",
        "with_hint": "{sentence} ({hint})",
        "more": "وغيرها: {count}",
        "whole": "(المدخل كله)",
        "got": "{sentence}، والموجود {value!r}",
        "found": "{sentence}، {value!r}",
    }
)
PARTS: Final[Mapping[str, str]] = MappingProxyType({"path": "المسار", "query": "الاستعلام"})
INPUTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read": "قراءة {input}",
        "replay": "إعادة اتخاذ القرار",
        "input": "المدخل",
        "update": "التعديل",
        "update_of": "تعديل {platform}",
        "order_of": "طلب {platform}",
        "request_of": "الطلب الموجّه عبر HTTP إلى {platform}",
    }
)
HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "suggestion": "هل تقصد {suggestion}؟",
        "place": "أرسله داخل {place}",
        "query": "أرسله في الاستعلام",
        "endpoint": "استخدم نقطة النهاية {endpoint}",
        "no_wrapper": "لا غلاف حول جسم التعديل: أرسل محتواه مباشرة",
        "response": "يبدو هذا طلبًا مأخوذًا من رد أو من webhook: أرسل المفاتيح التي تريد تغييرها فقط",
        "leave_out": "احذف المفتاح لتبقى القيمة الحالية",
        "empty_array": "تكتب PHP المصفوفة الفارغة هكذا: []؛ أرسل {{}} للكائن الفارغ، أو احذف المفتاح",
        "encoded_twice": "هذا نص بداخله JSON: رُمّز المستند مرتين",
        "write_date": "اكتب التاريخ مثل 2024-01-20، بلا وقت",
        "encode_utf8": "رمّز النص بترميز UTF-8",
        "cut_off": "ربما انقطع أثناء الإرسال",
        "double_quotes": "استخدم json.dumps، فهي تكتب علامات اقتباس مزدوجة",
        "order_at": "القيمة عند {at} تبدو طلبًا: اقرأها بدلًا من هذا",
        "one_order_at": "اقرأ طلبًا واحدًا في كل مرة؛ القيمة عند {at} تبدو طلبًا: اقرأها بدلًا من هذا",
        "text_at": "النص عند {at} يبدو JSON: اقرأه بدلًا من هذا",
        "webhook_at": "القيمة عند {at} إشعار webhook للحدث {event!r}",
    }
)
CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "always": "دائمًا",
        "never": "أبدًا",
        "is": "{fact}: {values}",
        "is_not": "{fact}: غير {values}",
        "is_none_of": "{fact}: لا {values}",
        "flag": "{fact}",
        "not_flag": "ليس {fact}",
        "may_follow": "يجوز أن تأتي {asked} بعد {current}",
        "may_not_follow": "لا يجوز أن تأتي {asked} بعد {current}",
    }
)
DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "allowed": "مسموح به",
        "refused": "مرفوض: {sections}",
        "cannot_change": "لا يمكن تعديل {subject}: {actual}؛ {needed}",
        "not_possible": "لا يمكن {subject}: {actual}؛ {needed}",
        "no_difference": "لا فرق بين طلب وآخر",
        "change_only_while": "لا يجوز التعديل إلا حين {condition}",
        "possible_only_while": "لا يجوز ذلك إلا حين {condition}",
        "nothing": "لا شيء يسمح بذلك",
        "undocumented": "لم تُوثَّق الحالات التي يجوز أن تلي الحالة الحالية",
        "final": "لا يجوز أن يأتي شيء بعد {status}",
        "next": "لا يجوز أن يأتي بعد {status} إلا {statuses}",
        "waived": "لا قيود حين {condition}",
        "facts": "الوقائع: {facts}",
        "why": "السبب: {reason}",
        "rests_on": "مبني على الافتراض {assumption}: {answer}",
        "this_rests_on": "هذا مبني على الافتراض {assumption}: {answer}",
        "note": "ملاحظة: {note}",
    }
)
NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_shown": "لا يُظهر الطلب: {fact}",
        "unreadable": "تعذّرت قراءة {fact} في الطلب",
        "not_given": "تعتمد {rule} أيضًا على ما لم يُعطَ: {parameter}",
        "not_listed": "قيمة ({fact}) في الطلب غير مذكورة في صفحة التوثيق: {shown!r}",
        "not_listed_but": "قيمة ({fact}) في الطلب غير مذكورة في صفحة التوثيق: {shown!r} - هل تقصد {suggestion}؟",
    }
)
ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {"about": "{says}: {shown!r}", "about_but": "{says}: {shown!r} - هل تقصد {suggestion}؟"}
)
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cannot": "تعذّرت {what}",
        "unreadable": "تعذّرت قراءة الرسالة",
        "refused": "التعديل مرفوض",
        "not_json": "نوع المحتوى المتوقع application/json",
        "no_such_order": "لا يوجد طلب كهذا",
        "not_found": "غير موجود",
        "unsupported": "نوع محتوى غير مدعوم",
        "emptied": "لا يمكن إفراغ هذا الحقل: أبقِ القيمة الحالية أو أدخل قيمة أخرى",
        "section": "{title} ({keys}): {verdict}",
        "open": "التعديل متاح",
        "closed": "التعديل غير متاح",
        "allowed_part": "المسموح به:",
        "refused_part": "المرفوض:",
        "no_sequence": "لا توصل أي سلسلة من التعديلات إلى الهدف:",
        "nothing_to_do": "لا حاجة إلى شيء: الطلب يحقق الهدف بالفعل",
        "no_advice": "لا نصائح",
        "for_every_order": "لكل طلب",
        "for_no_order": "ليس لأي طلب",
        "no_transitions": "لا توثق المنصة أي انتقال بين الحالات",
        "no_status": "لا يجوز أن تأتي أي حالة بعد الحالة الحالية",
    }
)
