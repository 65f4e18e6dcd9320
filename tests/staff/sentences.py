"""What the console says: the sentences of its templates and of the code behind them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import nodes

from needlewise.errors import NeedlewiseError
from needlewise.staff import console

PACKAGE = Path(console.__file__).parents[1]
TEMPLATES = PACKAGE / "staff" / "templates"
SAYING = ("_", "plural")
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]|^[A-Z][a-z]")
# Examples of what to type, names and units, which are the same in every language.
SAME = {"America/Denver", "Needlewise", "ms"}


def parsed() -> Iterator[tuple[str, nodes.Template]]:
    for path in sorted(TEMPLATES.glob("*.html")):
        yield path.name, console._environment().parse(path.read_text(encoding="utf-8"))


def of_templates() -> set[str]:
    """Every sentence that a template gives to `_` or `plural` in its own words."""
    found: set[str] = set()
    for _, tree in parsed():
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in SAYING:
                for given in call.args[:1] if call.node.name == "_" else call.args[1:3]:
                    found |= set(_constants(given))
        for loop in tree.find_all(nodes.For):
            found |= {each.value for each in loop.iter.find_all(nodes.Const) if WORDS.search(str(each.value))}
    return found


def all_of_templates() -> set[str]:
    """Every string in an expression of a template."""
    return {str(each.value) for _, tree in parsed() for each in tree.find_all(nodes.Const)}


def _constants(node: nodes.Node) -> Iterator[str]:
    """The strings that an expression may come to."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from (each for part in (node.expr1, node.expr2) if part for each in _constants(part))
    elif isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Dict):
        yield from (each for pair in node.node.items for each in _constants(pair.value))


def bare_strings() -> Iterator[str]:
    """English in an expression of a template that no `_` is around."""
    for name, tree in parsed():
        for output in tree.find_all(nodes.Output):
            yield from (f"{name}: {text}" for part in output.nodes for text in _bare(part))


def _bare(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in (*SAYING, "can"):
        return
    text = node.value if isinstance(node, nodes.Const) else ""
    if isinstance(text, str) and text not in SAME and WORDS.search(text):
        yield text
    for child in node.iter_child_nodes():
        yield from _bare(child)


class Shown(HTMLParser):
    """The words of a page in its own language: texts, and the attributes that are read to somebody."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._foreign = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = {"aria-label", "alt", "title", "placeholder"}
        self._foreign = tag != "html" and "lang" in dict(attrs)
        self.found += [value or "" for name, value in attrs if name in read]

    def handle_endtag(self, tag: str) -> None:
        self._foreign = False

    def handle_data(self, data: str) -> None:
        if not self._foreign:
            self.found.append(" ".join(data.split()))


def bare_texts() -> Iterator[str]:
    """English in the HTML of a template that no `_` is around."""
    for path in sorted(TEMPLATES.glob("*.html")):
        tokens = console._environment().lex(path.read_text(encoding="utf-8"))
        html = "".join(value if kind == "data" else " " if kind.endswith("_end") else "" for _, kind, value in tokens)
        for text in Shown(html).found:
            # What a macro adds to a tag looks like text here.
            left = re.sub(r'\b[a-z-]+="[^"]*"', "", text)
            if set(re.findall("[A-Za-z]{2,}", left)) - SAME:
                yield f"{path.name}: {text}"


def of_code() -> set[str]:
    """Every string of the application's code; what is filled in stands as {}."""
    return {
        text
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (text := _text(node, "{}"))
    }


def errors(*places: str) -> Iterator[tuple[str, str]]:
    """Path and message of whatever files raise for people, with a value in place of what is filled in."""
    names = {each.__name__ for each in _subclasses(NeedlewiseError) if each.status < 500}
    for place in places:
        for path in sorted(PACKAGE.glob(place)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (_name(node.func) in names or _is_init(node.func)):
                    yield from ((path.name, text) for each in node.args if (text := _text(each, "7")))


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_init(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "__init__"


def _text(node: ast.AST, filled: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else filled for each in node.values)
    return ""
