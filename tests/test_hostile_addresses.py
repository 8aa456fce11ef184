"""Addresses and languages from hell: no page leads elsewhere, grows, or loses its headers."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from hostile import FORM, HOST, OWN, Answer, House, Run
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.web.guards.headers import CONTENT_SECURITY, FILE_SECURITY
from pe_core.web.pages import redirect
from pe_core.web.portal import LONGEST_PATH

LANGUAGES = ("be", "ru", "en", "he")
LIGHT = 30_000
OFFICIAL = re.compile(r"https://[a-z]+\.zz\.example(/[a-z/#0-9]*)?")
"""Where the country's own offices and laws are; links lead nowhere else outside."""
"""Who watches over data in Exampleland: the one address of others that a page names."""
ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
}
WAYS = st.one_of(
    st.sampled_from(
        [
            *("//elsewhere.example", "/\\elsewhere.example", "\\\\elsewhere.example", "https:/x"),
            *("javascript:alert(7)", "data:text/html,x", "%2f%2felsewhere.example", "..", "@x"),
            *("\t//elsewhere.example", "/\r\nLocation: x", "/en/staff\r\n\r\nx", "\x00", "?", "#"),
            *("en", "be", "staff", "ask", "code", "mine", "exit", "1", "unlock", "requests"),
        ]
    ),
    st.text(max_size=20),
)
COMMON = settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run) -> House:
    """A portal with everybody inside."""
    return House(pe_embassy, pe_run)


def check(answer: Answer, path: str) -> None:
    """Fail unless an answer keeps to this host and carries what every answer carries."""
    for name, value in answer.headers:
        assert re.fullmatch(r"[a-z-]+", name), (path, name)
        assert value.isascii() and value.isprintable(), (path, name, value)
    assert answer.header("content-security-policy") in (CONTENT_SECURITY, FILE_SECURITY)
    assert ALWAYS == {name: answer.header(name) for name in ALWAYS}
    assert "no-store" == answer.header("cache-control") or path.startswith("/static/")
    assert answer.status < 500, path
    assert len(answer.body) < LIGHT, path
    links = [answer.header("location")] if answer.header("location") else []
    if answer.header("content-type").startswith("text/html") and answer.body:
        tree = html.fromstring(answer.text)
        links += tree.xpath("//@href | //@action | //@src | //@formaction")
        assert [] == tree.xpath("//script | //style | //base | //iframe | //*[@style]")
        assert "refresh" not in " ".join(tree.xpath("//meta/@http-equiv")).lower()
    for link in links:
        if link.startswith(("tel:", "mailto:", "otpauth:")):
            continue
        official = OFFICIAL.fullmatch(link) is not None
        assert link.startswith(("/", "#")) or official, (path, link)
        # As a browser reads it on that page: backslashes are slashes, controls are nothing.
        there = urlsplit(urljoin(f"{OWN}/en/", re.sub(r"[\t\r\n]", "", link.replace("\\", "/"))))
        assert there.netloc == HOST or official, (path, link)


def test_every_answer_carries_its_headers_whatever_its_status(house: House) -> None:
    seen = set()
    addresses = {page.address: page for page in (*house.pages(), *house.forms())}
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT"):
        for address, page in addresses.items():
            cookies = house.cookie(page.guard) if method == "GET" else []
            answer = house.call(method, address, cookies)
            seen.add(answer.status)

            check(answer, address)
    big = house.call("POST", "/en/code", [FORM, ("Content-Length", "99999999")], b"x")
    check(big, "/en/code")

    assert {200, 204, 303, 403, 404, 405, 413, 415} <= seen | {big.status}


def test_a_fault_of_ours_carries_its_headers_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.desk.visits, "find", lambda _: 1 // 0)
    answer = house.call("GET", "/en/mine", house.cookie("visit"))

    assert 500 == answer.status
    assert CONTENT_SECURITY == answer.header("content-security-policy")
    assert "no-store" == answer.header("cache-control")
    assert ALWAYS == {name: answer.header(name) for name in ALWAYS}


@COMMON
@given(parts=st.lists(WAYS, max_size=5), query=st.lists(WAYS, max_size=3))
def test_no_address_leads_elsewhere(house: House, parts: list[str], query: list[str]) -> None:
    path = "/" + "/".join(parts)
    typed = "&".join(f"after={part}" for part in query).encode("utf-8", "surrogatepass")
    everybody = "; ".join(house.cookie(guard)[0][1] for guard in ("visit", "staff"))

    for headers in ([], [("Cookie", everybody)]):
        check(house.call("GET", path, headers, query=typed), path)


@COMMON
@given(values=st.lists(WAYS, min_size=1, max_size=6), data=st.data())
def test_no_form_leads_elsewhere(house: House, values: list[str], data: st.DataObject) -> None:
    ends = ("/ask", "/ask/where", "/ask/1", "/ask/receipt", "/code", "/mine/read", "/mine/solved")
    ends += ("/staff/search", "/staff/enter", "/requests/{request_id:str}/duplicate", "/staff/join")
    form = data.draw(st.sampled_from([f for f in house.forms() if f.path.endswith(ends)]))
    names = ("topic", "where", "answer", "first", "code", "reply", "solved", "query", "language")
    typed = [value.encode("utf-8", "replace").decode() for value in values]
    fields = dict(zip(names, typed, strict=False))

    check(house.send(form, **fields), form.address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "//elsewhere.example",
            "/\\elsewhere.example",
            "\\elsewhere.example",
            "elsewhere.example",
        ),
        *(
            "https://elsewhere.example",
            "/\t/elsewhere.example",
            "/en\r\nX: y",
            "/\x00",
            "",
            "/\u2028",
        ),
        *("javascript:alert(7)", "///", "/en/\\..\\x"),
    ],
)
def test_a_redirect_to_anywhere_else_is_a_programming_error(address: str) -> None:
    with pytest.raises(ValueError, match="sends nobody elsewhere"):
        redirect(address)


def test_another_spelling_of_an_address_is_the_same_page_or_none(house: House) -> None:
    """On a page at //be a form that names its own address would go to a host called be."""
    for page in {page.address: page for page in (*house.pages(), *house.forms())}.values():
        if page.path.endswith("/exit"):
            continue
        for other in (f"/{page.address}", page.address.replace("/", "//"), f"{page.address}//"):
            for method, headers in (("GET", []), ("POST", [FORM, ("Origin", OWN)])):
                plain = house.call(method, page.address, [*house.cookie(page.guard), *headers])
                answer = house.call(method, other, [*house.cookie(page.guard), *headers])

                assert answer.status in (plain.status, 404), (method, other)
                check(answer, other)


def test_no_page_grows_with_its_address(house: House) -> None:
    kinds = ("/{}", "/en/{}", "/en/staff/requests/{}", "/en/mine/done/{}", "/static/{}")
    for path in (*kinds, "/en/ask/{}"):
        for letter in ("a", "ы", "%", "9", "a/", "&"):
            for guard in ("visit", "staff"):
                answer = house.call("GET", path.format(letter * 100_000), house.cookie(guard))

                assert 404 == answer.status
                assert len(answer.body) < 4_000
            fits = path.format(letter * LONGEST_PATH)[:LONGEST_PATH]
            check(house.call("GET", fits, house.cookie("staff")), fits)


TAGS = [
    "be-x-../../staff",
    "be-x-%2e%2e%2f",
    "en" + "-x" * 10_000,
    "\u202een",
    "e\u200bn",
    "en\x00",
    "en-Latn-x-" + "a" * 9_000,
    "EN",
    "eN",
    "en_GB",
    "xx",
    "i-klingon",
    "*",
    "-",
    "../en",
    "en;q=1",
    "be-Tarask",
    "１",
    "ｅｎ",
    "<script>",
]


def test_no_language_of_an_address_is_taken_but_ours(house: House) -> None:
    for tag in TAGS:
        for path in ("/", "/ask", "/staff", "/exit", "/mine"):
            answer = house.call("GET", f"/{tag}{path}", house.cookie("staff"))

            assert 404 == answer.status, tag
            assert "" == answer.header("location")
            check(answer, tag)


def test_a_language_that_is_not_ours_leads_to_our_own_pages_only(house: House) -> None:
    for path in ("/", "/ask", "/mine/done/\\evil.example", "/guides/%0d%0aX-Evil:%20x", "/a:b@c"):
        answer = house.call("GET", f"/be-tarask{path}", house.cookie("staff"))
        location = answer.header("location")

        assert 404 == answer.status or location.startswith("/be/"), path
        assert set("\\\r\n@") & set(location) == set(), path
        check(answer, path)


HEADERS = [
    ",".join(f"x{number}" for number in range(200)),
    "en" + "-x" * 10_000,
    ",".join(["be"] * 10_000),
    "be;q=nan",
    "be;q=inf, en",
    "be;q=-1",
    "be;q=1e9",
    "be;q=" + "9" * 400,
    "be;q=0.0000",
    "be-x-../../",
    "be\u00a0",
    "\x7f",
    ",,,,;;;;",
    "*;q=0",
    ";q=1",
    "be;q=0.5;q=1",
    "en-\xe9",
    "<script>",
    "he\r\nX: y",
]


def test_no_header_of_languages_leads_to_another_than_ours(house: House) -> None:
    for header in HEADERS:
        front = house.call("GET", "/", [("Accept-Language", header)])
        lost = house.call("GET", "/nothing", [("Accept-Language", header)] * 50)

        assert 303 == front.status
        assert front.header("location") in {f"/{language}/" for language in LANGUAGES}, header
        assert html.fromstring(lost.text).get("lang") in LANGUAGES
        check(lost, "/nothing")


def test_no_language_of_a_form_is_taken_but_ours(house: House) -> None:
    enter = next(form for form in house.forms() if form.path.endswith("/staff/enter"))
    reply = next(form for form in house.forms() if form.path.endswith("/reply"))
    for tag in TAGS:
        typed = tag.encode("utf-8", "replace").decode()
        begun = house.send(
            enter, topic="zz.bed", language=typed, where="abroad", channel="phone", agreed="yes"
        )
        shown = house.send(reply, text="Hello.", language=typed)

        assert 422 == begun.status, tag
        assert house.session.entering is None
        assert set(html.fromstring(shown.text).xpath("//@lang | //@hreflang")) <= {*LANGUAGES}
        check(begun, enter.address)
        check(shown, reply.address)
