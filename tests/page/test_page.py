"""The page *Try it* in a real browser: what it shows, that Python agrees, and that nothing leaves it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.kit.specs import ASSUMPTIONS, CLAUSES
from tests.page.site import BUILT, ROOT, Opened, browsing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

PLATFORMS: Final = ("salla", "awal")
LANGUAGES: Final = ("en", "ar")
SIZES: Final = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 740}}
LOADING: Final = 60_000
"""How many milliseconds Python may take to load."""
EACH_SAMPLE: Final = """async (numbers) => {
  const [samples, python] = ["samples", "python"].map(id => document.getElementById(id));
  const seen = [];
  for (const number of numbers) {
    samples.value = number;
    samples.dispatchEvent(new Event("change"));
    if (document.getElementById("ask").getAttribute("aria-disabled") === "true") {
      while (python.dataset.agrees === "") await new Promise(done => setTimeout(done, 4));
    }
    const texts = (selector) => Array.from(document.querySelectorAll(selector), each => each.textContent);
    seen.push({
      agrees: python.dataset.agrees,
      verdict: document.getElementById("verdict").className,
      rules: texts("article.violation button.rule"),
      marks: [...new Set(Array.from(document.querySelectorAll("mark"), mark => mark.className))],
      problems: texts(".problems li").length,
      asked: Array.from(document.querySelectorAll("#sections tr.asked"), row => row.classList[0]),
    });
  }
  return seen;
}"""
"""Choose samples, wait for Python if it is asked, and return what is seen of each."""
MARKED: Final = """name => Array.from(
  document.querySelectorAll(`.editor:has(#${name}) mark`), mark => [mark.className, mark.textContent]
)"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve what `make docs` has built."""
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests."""
    with browsing() as started:
        yield started


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """Open pages; afterwards, none may have asked another host, sent anything, or complained."""
    pages = Opened(browser, address)
    yield pages
    pages.close()
    assert [request.url for request in pages.requests if not request.url.startswith((address, "data:"))] == []
    assert {request.method for request in pages.requests} == {"GET"}
    assert pages.complaints == []


def samples_of(platform: str) -> list[dict[str, Any]]:
    """Return the samples of the page."""
    samples = json.loads((BUILT / "try" / platform / "clauses.json").read_text(encoding="utf-8"))["samples"]
    assert len(samples) > 40
    return list(samples)


def choose(page: Page, name: str, value: str) -> None:
    """Choose a platform, a language or a theme."""
    page.locator(f"input[name={name}][value='{value}']").check(force=True)
    if name == "platform":
        page.wait_for_selector(f"html[data-platform={value}]")


def start_python(page: Page) -> None:
    """Ask Python, and wait for its first answer."""
    page.click("#ask")
    page.wait_for_selector("#python[data-agrees=true]", timeout=LOADING)


def verdict_of(page: Page) -> str:
    """Return the kind of the verdict that is shown."""
    return page.locator("#verdict").get_attribute("class") or ""


def test_the_first_page_of_the_documentation_leads_to_it(opened: Opened) -> None:
    """And it leads back."""
    page = opened("/index.html")
    page.click("a:has-text('Try it in your browser')")
    page.wait_for_selector("html[data-ready]")
    page.click("a.home")
    page.wait_for_url("**/index.html")
    assert page.title() == "orderrules"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_sample_is_answered_as_the_norm_says(opened: Opened, platform: str, language: str) -> None:
    """In both languages; the rules that refuse are those of the norm, and their keys are underlined."""
    page = opened()
    choose(page, "language", language)
    choose(page, "platform", platform)
    violated = {
        (entry["id"], example["says"]): example["violates"]
        for entry in (*CLAUSES, *ASSUMPTIONS)
        for example in entry["example"]
        if "violates" in example
    }
    samples = samples_of(platform)
    for sample, seen in zip(samples, page.evaluate(EACH_SAMPLE, list(range(len(samples)))), strict=True):
        if "of" not in sample:
            continue
        if "action" in sample:
            assert seen["asked"] == [{"allowed": "open", "refused": "closed"}[sample["expect"]]], sample
        elif sample["expect"] == "readable":
            assert seen["problems"] == 0, sample
        else:
            assert seen["verdict"] == sample["expect"], sample
            assert seen["rules"] == violated.get((sample["of"], sample["says"]), []), sample
            assert (seen["marks"] == ["refused"]) is (sample["expect"] == "refused"), sample


@pytest.fixture(scope="module")
def asked(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page that has loaded Python, for all tests that ask it."""
    pages = Opened(browser, address)
    page = pages()
    start_python(page)
    yield page
    assert pages.complaints == []
    assert all(request.url.startswith(address) for request in pages.requests)


@pytest.mark.xdist_group("python")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_python_agrees_on_every_sample(asked: Page, platform: str) -> None:
    """The library answers the same, sentence by sentence: every other sample in each language."""
    choose(asked, "platform", platform)
    numbers = range(len(samples_of(platform)))
    for place, language in enumerate(LANGUAGES):
        choose(asked, "language", language)
        some = list(numbers[place :: len(LANGUAGES)])
        assert [seen["agrees"] for seen in asked.evaluate(EACH_SAMPLE, some)] == ["true"] * len(some)


@pytest.mark.xdist_group("python")
def test_python_agrees_whatever_is_chosen(asked: Page) -> None:
    """Each switch is set, and stays so while the next one is."""
    choose(asked, "platform", "salla")
    asked.select_option("#samples", "1")
    radios = asked.locator("#switches input")
    for number in range(radios.count()):
        radios.nth(number).check()
        asked.wait_for_selector("#python:not([data-agrees=''])", timeout=5000)
        assert asked.locator("#python").get_attribute("data-agrees") == "true"
    assert radios.count() == 16


@pytest.mark.xdist_group("python")
def test_python_adds_a_plan_a_guard_advice_and_lint(asked: Page) -> None:
    """A pending order of Awal is shipped in two steps."""
    choose(asked, "language", "en")
    choose(asked, "platform", "awal")
    asked.select_option("#samples", "0")
    asked.wait_for_selector("#python[data-agrees=true]", timeout=5000)
    assert re.search(r"Python 3\.\d+\.\d+ agrees on all 7 parts", asked.inner_text("#python-state"))
    assert asked.locator("#python-answer h3").count() == 4
    steps = asked.locator("#python-answer ol pre").all_inner_texts()
    assert [json.loads(step).get("status") for step in steps] == ["accepted", "shipped"]
    answered = asked.inner_text("#python-answer")
    for part in ("status is accepted or shipped", "No advice", "completed: no other status follows it"):
        assert part in answered
    asked.fill("#body", '{"branch_id": "12345678901234567890", "status": "shipped"}')
    asked.wait_for_selector("#python[data-agrees=true]", timeout=5000)
    assert "12345678901234567890" in asked.inner_text("#python-answer ol")
    choose(asked, "platform", "salla")
    asked.fill("#order", '{"status": {"slug": "in_progress"}}')
    asked.fill("#body", '{"courier_id": 12345678901234567890}')
    asked.wait_for_selector("#python[data-agrees=false]", timeout=5000)
    assert '"courier_id": 12345678901234567890' in asked.inner_text("#python-answer ol")
    assert "more than 15 digits" in asked.inner_text("#python-answer .notice")
    choose(asked, "platform", "awal")
    asked.fill("#body", '{"stat": 1}')
    asked.wait_for_selector("#python[data-agrees=true]", timeout=5000)
    assert "did you mean status?" in asked.inner_text("#python-answer")


def test_a_python_that_dies_is_replaced(opened: Opened) -> None:
    """The question is asked again; after three failures the button is there again."""
    page = opened()
    broken: list[str] = []

    def fail(route: Route) -> None:
        broken.append(route.request.url)
        route.fulfill(body="throw new Error('dead')", content_type="text/javascript")

    page.route("**/worker.js", fail, times=2)
    start_python(page)
    assert len(broken) == 2
    other = opened()
    other.route("**/worker.js", fail)
    other.click("#ask")
    other.wait_for_selector("#ask[aria-disabled=false]", timeout=LOADING)
    assert "Python stopped without an answer" in other.inner_text("#python-state")
    opened.complaints[:] = [each for each in opened.complaints if "dead" not in each]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_read_is_underlined_at_its_place(opened: Opened, language: str) -> None:
    """Each problem has its pointer, its sentence and its place."""
    page = opened()
    choose(page, "language", language)
    page.fill("#body", '{"coupon": "EID",\n "receiver": {"notify": "no"},\n "branch_id": 7, "branch_id": 8}')
    assert verdict_of(page) == "unreadable"
    assert page.evaluate(MARKED, "body") == [
        ["unreadable", '"coupon"'],
        ["unreadable", '"no"'],
        ["unreadable", '"branch_id"'],
    ]
    assert page.locator(".problems code").all_inner_texts() == ["/coupon", "/receiver/notify", "/branch_id"]
    page.locator(".problems button").nth(1).click()
    selection = "[document.activeElement.id, getSelection().toString()]"
    assert page.evaluate(selection) == ["body", '"no"']
    assert page.locator("#body").get_attribute("aria-invalid") == "true"
    page.fill("#body", '{"coupon_code": "EID", }')
    assert page.evaluate(MARKED, "body") == [["unreadable", "}"]]
    page.fill("#order", '{"status": {"slug": 7}}')
    assert page.evaluate(MARKED, "order") == [["unreadable", "7"]]
    assert page.locator("#sections table").count() == 0


def test_the_text_behind_the_text_area_is_as_large(opened: Opened) -> None:
    """Otherwise what is underlined is not what is meant."""
    page = opened()
    for text in ('{"coupon_code": "EID"}', '{\n  "receiver": {"name": "نورة"}\n}\n\n', "x" * 3000 + "\n" * 40):
        page.fill("#body", text)
        sizes = """() => { const [pre, area] = document.querySelectorAll('.editor:has(#body) > *');
            return [pre.clientHeight - area.clientHeight, area.scrollHeight - area.clientHeight,
                    pre.clientWidth - area.clientWidth]; }"""
        assert page.evaluate(sizes) == [0, 0, 0]


def test_a_place_in_a_long_line_is_brought_into_view(opened: Opened) -> None:
    """Payloads of an API have no line breaks."""
    page = opened()
    page.fill("#body", json.dumps({"employees": list(range(10**6, 10**6 + 500)), "zzz": 1}))
    page.evaluate("document.querySelector('.editor:has(#body)').scrollTop = 0")
    page.click(".problems button")
    mark, editor = (
        page.locator(selector).bounding_box() for selector in (".editor:has(#body) mark", ".editor:has(#body)")
    )
    assert mark is not None
    assert editor is not None
    assert editor["y"] <= mark["y"] <= editor["y"] + editor["height"]


def test_what_only_looks_like_a_blank_is_underlined(opened: Opened) -> None:
    """A no-break space comes with what is copied from a web page."""
    page = opened()
    page.fill("#body", "\u00a0{}")
    assert page.evaluate(MARKED, "body") == [["unreadable", "\u00a0"]]
    page.fill("#body", '{"coupon_code": "abc,\n "branch_id": 1}')
    assert page.evaluate(MARKED, "body") == [["unreadable", ","]]
    assert "line 1, column 22" in page.inner_text("#why")


def test_a_large_order_is_answered_when_one_pauses(opened: Opened) -> None:
    """It has no marks and no link, and does not hang the page."""
    page = opened()
    order = json.loads(page.input_value("#order"))
    order["data"]["more"] = ["x" * 99] * 12_000
    page.fill("#order", json.dumps(order), timeout=20_000)
    page.wait_for_timeout(500)
    page.fill("#body", '{"employees": [1]}')
    page.wait_for_selector("#verdict.allowed")
    page.click("#copy")
    page.wait_for_selector("#copied:has-text('too long')")


def test_what_may_be_sent_instead_is_put_into_the_body(opened: Opened) -> None:
    """And is allowed; the rest waits."""
    page = opened()
    assert verdict_of(page) == "refused"
    sent = json.loads(page.input_value("#body"))
    instead, waits = (json.loads(text) for text in page.locator("#why pre.json").all_inner_texts())
    assert {**instead, **waits} == sent
    page.click("#why button:has-text('Put it into the body')")
    assert verdict_of(page) == "allowed"
    assert json.loads(page.input_value("#body")) == instead


def test_the_statuses_of_awal_are_walked_by_clicks(opened: Opened) -> None:
    """The present one is lit, and its next step asks for it."""
    page = opened()
    choose(page, "platform", "awal")
    assert page.locator("#diagram [aria-current=step]").inner_text().startswith("pending")
    assert page.locator("#diagram button").count() == 1
    page.click("#diagram button")
    assert verdict_of(page) == "allowed"
    assert json.loads(page.input_value("#body"))["status"] == "accepted"
    assert page.evaluate("document.activeElement.dataset.status") == "accepted"
    forward = page.locator("fieldset[data-entry=A1] label").nth(1)
    assert "would let follow: accepted, completed, delivered, shipped" in forward.inner_text()
    forward.locator("input").check()
    assert page.locator("#diagram button").count() == 4
    page.fill("#body", '{"admin_notes": "not finished')
    assert page.locator("#diagram button").first.is_disabled()
    page.fill("#body", '{"admin_notes": "x", "branch": 7, "status": "shiped"}')
    page.locator("#diagram button").first.click()
    assert json.loads(page.input_value("#body")) == {"admin_notes": "x", "branch": 7, "status": "accepted"}
    choose(page, "platform", "salla")
    assert not page.locator("#diagram").is_visible()


def test_what_was_typed_is_not_lost(opened: Opened) -> None:
    """The other platform keeps its question, and the button Back brings back what a sample replaced."""
    page = opened()
    own = '{"coupon_code": "OWN"}'
    page.fill("#body", own)
    choose(page, "platform", "awal")
    choose(page, "platform", "salla")
    assert page.input_value("#body") == own
    page.select_option("#samples", "3")
    assert page.input_value("#body") != own
    page.wait_for_timeout(200)
    page.go_back()
    page.wait_for_timeout(300)
    assert page.input_value("#body") == own
    page.evaluate("document.querySelector('#skip').focus()")
    page.keyboard.press("Enter")
    assert "#1." in page.url


def test_what_cannot_be_loaded_is_said(opened: Opened) -> None:
    """The page stays as it was, and works again once the network does."""
    page = opened()
    page.context.set_offline(True)
    page.locator("input[name=platform][value=awal]").click(force=True)
    page.wait_for_selector("#verdict-title:has-text('could not be loaded')")
    assert page.locator("input[value=salla]").is_checked()
    assert verdict_of(page) == "unreadable"
    assert "could not be loaded" in page.inner_text("#announced")
    page.context.set_offline(False)
    choose(page, "platform", "awal")
    opened.complaints[:] = [each for each in opened.complaints if "DISCONNECTED" not in each]


def test_a_switch_says_what_it_would_change_and_changes_it(opened: Opened) -> None:
    """A delivered order takes a coupon, unless completed means its children too."""
    page = opened()
    page.fill("#order", '{"status": {"slug": "delivered"}, "customer": {"id": 1}}')
    page.fill("#body", '{"coupon_code": "EID"}')
    assert verdict_of(page) == "allowed"
    assert page.locator("#why button.rule").all_inner_texts() == ["S2"]
    family = page.locator("fieldset[data-entry=S2] label").nth(1)
    assert "would refuse this update, would close the receiver" in family.inner_text()
    family.locator("input").check()
    assert verdict_of(page) == "refused"
    assert "would allow this update" in page.locator("fieldset[data-entry=S2] label").nth(0).inner_text()
    never = page.locator("fieldset:has(legend code:text-is('store_allows_rating')) label").nth(2)
    assert "would close rating the order" in never.inner_text()


def test_a_rule_shows_its_clause_and_its_examples_can_be_loaded(opened: Opened) -> None:
    """By a click on its id."""
    page = opened()
    page.click("article.violation button.rule >> nth=3")
    rule = page.locator("[data-entry=SALLA-PAYMENT-1]")
    assert "Payment may change only while the status is pending" in rule.locator("blockquote").inner_text()
    assert "Update Order" in rule.locator("cite").inner_text()
    assert page.evaluate("document.activeElement.closest('details').dataset.entry") == "SALLA-PAYMENT-1"
    rule.locator(".examples button").nth(0).click()
    assert verdict_of(page) == "allowed"
    assert "payment_pending" in page.input_value("#order")


def test_a_link_holds_the_whole_state(opened: Opened) -> None:
    """In another browser, too; what is no link of this page is said, and harms nothing."""
    page = opened()
    choose(page, "platform", "awal")
    choose(page, "language", "ar")
    page.locator("#switches input[value='\"forward\"']").check()
    page.fill("#order", '{"status": "pending", "note": "نورة ✓"}')
    page.fill("#body", '{"status": "delivered"')
    page.click("#copy")
    page.wait_for_selector("#copied:not(:empty)")
    fragment = page.evaluate("location.hash")
    other = opened("/try/index.html" + fragment)
    for field in ("#order", "#body"):
        assert other.input_value(field) == page.input_value(field)
    assert other.locator("#switches input[value='\"forward\"']").is_checked()
    assert other.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    assert verdict_of(other) == "unreadable"
    other.fill("#body", '{"status": "delivered"}')
    assert verdict_of(other) == "allowed"
    page = opened("/try/index.html" + fragment[:-9])
    assert verdict_of(page) == "refused"
    assert "The link could not be read" in page.inner_text("#why")
    pack = "async (state) => '#' + await (await import('./link.js')).pack(state)"
    asked = {"platform": "awal", "language": "en", "order": "{}", "body": "{}", "assumptions": {}, "given": {}}
    for wrong in ({"guest": True}, {"guest": 1}, {"guest": False, "given": {"x": 1}}, {"guest": False, "body": 1}):
        page = opened("/try/index.html" + page.evaluate(pack, {**asked, **wrong}))
        assert "The link could not be read" in page.inner_text("#why"), wrong
    # The page takes a link that is pasted while it is open.
    for broken in ("#1.AAAA", "#x", "#1." + "A" * 5000, "#%00", "#1.q1Y"):
        page.fill("#body", "{}")
        assert verdict_of(page) == "allowed"
        page.evaluate("hash => { location.hash = hash; }", broken)
        page.wait_for_selector("#why .notice")
    page.evaluate("hash => { location.hash = hash; }", fragment)
    page.wait_for_selector("html[data-platform=awal]")
    assert page.input_value("#order") == other.input_value("#order")


@pytest.mark.parametrize(
    ("platform", "language", "size", "scheme"),
    [
        ("salla", "en", "wide", "light"),
        ("salla", "ar", "narrow", "dark"),
        ("awal", "en", "narrow", "light"),
        ("awal", "ar", "wide", "dark"),
    ],
)
def test_it_is_accessible(opened: Opened, platform: str, language: str, size: str, scheme: str) -> None:
    """The rules of axe find nothing, with everything open; no part is wider than the screen."""
    page = opened(viewport=SIZES[size], color_scheme=scheme)
    choose(page, "platform", platform)
    choose(page, "language", language)
    axe = ROOT / ".venv" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    for broken in (False, True):
        if broken:
            page.fill("#body", '{"x": 1}')
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        found = page.evaluate("axe.run().then(({ violations }) => violations)")
        assert {each["id"]: [node["html"] for node in each["nodes"]] for each in found} == {}
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_it_is_used_with_the_keyboard_alone(opened: Opened) -> None:
    """The first key leads to the answer; every control is reached, and shows that it is."""
    page = opened()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "verdict"
    page.evaluate("document.querySelector('.home').focus()")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("html[data-platform=awal]")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert reached[:6] == ["language", "theme", "samples", "order", "body", "copy"]


def test_typing_keeps_the_place_and_the_text(opened: Opened) -> None:
    """The text area is never written to while one types in it."""
    page = opened()
    page.click("#body")
    page.keyboard.press("Control+A")
    page.keyboard.type('{"employees": [1]}')
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type(", 2")
    assert page.input_value("#body") == '{"employees": [1, 2]}'
    assert verdict_of(page) == "allowed"
    page.keyboard.press("Control+Z")
    assert page.input_value("#body") != '{"employees": [1, 2]}'


def test_it_works_where_the_browser_denies_its_storage(opened: Opened) -> None:
    """Only the theme is not remembered."""
    page = opened("/index.html")
    denied = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    page.context.add_init_script(denied)
    page.goto(f"{opened.address}/try/index.html")
    page.wait_for_selector("html[data-ready]")
    choose(page, "theme", "dark")
    assert verdict_of(page) == "refused"


def test_steps_in_quick_succession_are_one_in_the_history(opened: Opened) -> None:
    """An arrow key that is held does not fill it."""
    page = opened()
    before = page.evaluate("history.length")
    page.focus("#samples")
    for _ in range(10):
        page.keyboard.press("ArrowDown")
    page.wait_for_timeout(400)
    assert page.evaluate("history.length") - before <= 2
    page.go_back()
    page.wait_for_timeout(300)
    assert page.input_value("#samples") == "0"


def test_the_theme_can_be_chosen(opened: Opened) -> None:
    """Whatever the system prefers."""
    page = opened(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    choose(page, "theme", "dark")
    assert page.evaluate(ground) != light
    choose(page, "theme", "light")
    assert page.evaluate(ground) == light


def test_a_reader_of_arabic_begins_in_arabic(opened: Opened) -> None:
    """By the language of the browser."""
    page = opened(locale="ar-SA")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.title() == "جرّب: orderrules"
