"""What a screen reader is told about a page, by Chromium's own accessibility tree."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

Node = Mapping[str, Any]

NAMED = frozenset(
    "button checkbox combobox DisclosureTriangle image img link listbox navigation radio"
    " region RootWebArea searchbox spinbutton table textbox".split()
)
CODES = """() => [...document.querySelectorAll(".receipt, .seven, .groups")]
  .filter(code => code.checkVisibility()).map(code => [...code.children].map(item =>
    [...item.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim())
    .join("")))"""
"""The groups or words of each code that the page shows, in their order; not what is folded."""


class Tree:
    """The nodes of a page that a screen reader is told of."""

    def __init__(self, page: "Page") -> None:
        """Ask Chromium for all of them."""
        session = page.context.new_cdp_session(page)
        session.send("Accessibility.enable")
        answer = session.send("Accessibility.getFullAXTree")
        session.detach()
        self._by_id: dict[str, Node] = {node["nodeId"]: node for node in answer["nodes"]}

    def nodes(self, *roles: str) -> Iterator[Node]:
        """Return what is told of these roles."""
        return (n for n in self._by_id.values() if not n["ignored"] and role_of(n) in roles)

    def words(self, node: Node) -> str:
        """Return what is read of a node and all within it, without the marks of lists."""
        if role_of(node) == "StaticText":
            return name_of(node)
        if role_of(node) == "ListMarker":
            return ""
        return "".join(self.words(child) for child in self.children(node))

    def children(self, node: Node) -> Iterator[Node]:
        """Return the nodes right below, ignored ones left out and what is below them taken."""
        for key in node.get("childIds", ()):
            child = self._by_id.get(key)
            if child is None:
                continue
            if child["ignored"]:
                yield from self.children(child)
            else:
                yield child


def read_page(page: "Page") -> list[str]:
    """Return what a screen reader would be told badly."""
    tree = Tree(page)
    found = [f"{role_of(node)} without a name" for node in tree.nodes(*NAMED) if not name_of(node)]
    for node in tree.nodes("textbox", "combobox", "searchbox", "group", "radiogroup", "button"):
        if _property(node, "invalid") == "true" and not _text(node, "description"):
            found.append(f"what is wrong is not said: {name_of(node)}")
    tops = [node for node in tree.nodes("heading") if _property(node, "level") == 1]
    if len(tops) != 1 and list(tree.nodes("banner")):
        found.append(f"{len(tops)} headings of the first level")
    for live in tree.nodes("alert", "status"):
        if not tree.words(live).strip():
            found.append("an announcement of nothing")
    lists = [[tree.words(item).strip() for item in tree.children(n)] for n in tree.nodes("list")]
    for code in page.evaluate(CODES):
        numbered = [f"{place}{word}" for place, word in enumerate(code, start=1)]
        if not code or (code not in lists and numbered not in lists):
            found.append(f"a code that is not read item by item: {len(code)} items")
    return found


def role_of(node: Node) -> str:
    """Return the role that a screen reader is told."""
    return str(node["role"]["value"])


def name_of(node: Node) -> str:
    """Return the name that a screen reader is told."""
    return _text(node, "name")


def _text(node: Node, key: str) -> str:
    return str(node.get(key, {}).get("value", "")).strip()


def _property(node: Node, name: str) -> Any:
    found = (p["value"].get("value") for p in node.get("properties", ()) if p["name"] == name)
    return next(found, None)
