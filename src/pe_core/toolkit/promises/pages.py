"""Every public page answers in every language that the plugin declares, plain and labelled."""

from collections.abc import Iterator

from pe_core.model import Form
from pe_core.rules.forms import Value
from pe_core.toolkit.browser import Page
from pe_core.toolkit.examples import Given, typed_by_number, ways, ways_to_stop
from pe_core.toolkit.quality.pages import page_faults, read_addresses
from pe_core.toolkit.scene import Scene, Visitor

MEND = (
    "its place in the code is in the log above; a missing text or a wrong value is the usual cause"
)


def addresses(scene: Scene) -> list[str]:
    """Return the addresses below a language that anybody can open, each guide and letter too."""
    plugins = scene.instance.plugins
    told = [f"guides/{name}" for name in plugins.guides if scene.owns(name)]
    told += [f"letters/{name}" for name in plugins.letters if scene.owns(name)]
    return [*read_addresses(), *told]


def public_faults(scene: Scene) -> Iterator[str]:
    """Yield what is wrong with a page that is only read."""
    visitor = scene.visitor()
    for address in addresses(scene):
        yield from _in_every_language(scene, visitor, address)


def question_faults(scene: Scene, given: Given) -> Iterator[str]:
    """Yield what is wrong with a page on the way through each form, asked and not asked."""
    for form in scene.forms:
        visitor = scene.visitor()
        looked: set[str] = set()
        for answers in ways(form, given):
            yield from _walk(scene, visitor, form, answers, looked, end="check")
        for page, answers in ways_to_stop(form, given):
            yield from _walk(scene, visitor, form, answers, looked, end=f"stop ({page})")


def _walk(
    scene: Scene,
    visitor: Visitor,
    form: Form,
    answers: dict[str, Value],
    looked: set[str],
    end: str,
) -> Iterator[str]:
    """Go through a form; each of its pages is looked at in every language the first time."""
    by_number = typed_by_number(form, answers)
    if visitor.go("ask").status != 200:
        yield f"{form.name}: the page of topics answers {visitor.page.status}; {MEND}"
        return
    visitor.begin(form.name)
    while True:
        page = visitor.page
        step = page.path.partition("/ask/")[2]
        if (name := end if step in ("check", "stop") else step) not in looked:
            looked.add(name)
            lines = _in_every_language(scene, visitor, f"ask/{step}")
            yield from (f"{form.name}: {line}" for line in lines)
            visitor.browser.page = page
        number = visitor.number()
        if step == "files":
            visitor.browser.upload({"continue": "1"}, form=-1)
        elif number is not None and page.status == 200:
            visitor.browser.send(by_number[number])
        else:
            break
    if step != end.partition(" ")[0]:
        yield (
            f"{form.name}: answers that it takes lead to /ask/{step} instead of {end}; "
            "let ask_if, stop_if and check agree"
        )
        return
    if step == "check":
        visitor.go("ask/all")
        yield from _in_every_language(scene, visitor, "ask/all")


def _in_every_language(scene: Scene, visitor: Visitor, address: str) -> Iterator[str]:
    for language in scene.languages:
        page = visitor.browser.go(f"/{language}/{address}")
        for fault in _faults(scene, page, language):
            yield f"/{language}/{address} {fault}"


def _faults(scene: Scene, page: Page, language: str) -> Iterator[str]:
    for fault in page_faults(page, language):
        yield f"{fault}; {MEND}" if page.status != 200 else fault
    if page.status == 200:
        title = scene.instance.desk.texts.text(language, "core.layout.title")
        if page.title != title:
            yield f"has the title {page.title!r}; every title is {title!r}, whatever the page"
