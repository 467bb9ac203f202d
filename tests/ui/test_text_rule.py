"""The draw boundary: outside `ui/text.py` only literals reach Textual, and nothing is called safe by hand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_UI = Path(__file__).parents[2] / "fleet_tui" / "ui"
_THE_WAY = _UI / "text.py"

# Whatever draws or parses text, by the name it is called under.
_DRAWING = frozenset(
    {
        *("Static", "Label", "Button", "Option", "Tab", "TabPane", "Tabs", "Checkbox", "RadioButton"),
        *("Input", "TextArea", "Markdown", "Digits", "Link", "Pretty", "Placeholder"),
        *("Header", "Tooltip", "Collapsible"),
        *("Segment", "Text", "Content"),
        *("notify", "add_row", "add_column", "add_option", "add_leaf", "update", "write", "write_line", "print"),
        *("from_markup", "from_ansi", "from_text", "styled", "assemble", "render_str", "set_label", "SafeText"),
        *("panic",),
    }
)  # fmt: skip
_TITLES = frozenset({"border_title", "border_subtitle", "title", "sub_title", "tooltip", "label", "placeholder"})
_TEXT_KEYWORDS = frozenset({"label", "value", "message", "title", "placeholder", "content", "text", "renderable"})
_AMBIGUOUS = {"update": {"Static", "Label", "Digits", "Markdown"}, "write": {"Log", "RichLog"}}
_STREAMS = frozenset({"stdout", "stderr", "_driver"})
_NEVER = frozenset({"from_markup", "from_ansi", "render_str"})


def _modules() -> list[Path]:
    return sorted(path for path in _UI.rglob("*.py") if path != _THE_WAY)


def _literal(node: ast.expr) -> bool:
    """Constants, and constants repeated or joined; no formatted strings."""
    match node:
        case ast.Constant():
            return True
        case ast.BinOp(left=left, op=ast.Mult()):
            return _literal(left)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _literal(left) and _literal(right)
        case _:
            return False


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def _may_draw(node: ast.Call, imported: frozenset[str]) -> bool:
    """Sets, models and stores have such methods too: they count on what a call returned and near such widgets."""
    if not isinstance(node.func, ast.Attribute):
        return False
    receiver = node.func.value
    if isinstance(receiver, ast.Attribute) and receiver.attr in _STREAMS:
        return True
    plain_call = isinstance(receiver, ast.Call) and _called(receiver) != "super"
    return plain_call or bool(imported & _AMBIGUOUS[node.func.attr])


def _imported(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    )


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Lines that draw what is not a literal, and what they call."""
    tree = ast.parse(source)
    imported = _imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call() if _called(node) in _AMBIGUOUS and not _may_draw(node, imported):
                pass
            case ast.Call() if _called(node) in _DRAWING:
                name = _called(node)
                texts = [*node.args, *(one.value for one in node.keywords if one.arg in _TEXT_KEYWORDS)]
                if any(not _literal(text) for text in texts) or (name in _NEVER):
                    yield node.lineno, name
            case ast.Assign(targets=targets, value=value) if not _literal(value):
                for target in targets:
                    if isinstance(target, ast.Attribute) and target.attr in _TITLES:
                        yield node.lineno, target.attr
            case _:
                pass


@pytest.mark.parametrize("module", _modules(), ids=lambda path: str(path.relative_to(_UI)))
def test_only_the_text_module_draws_what_is_not_a_literal(module: Path) -> None:
    assert list(offences(module.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "Static(name)",
        "Label(f'{name}')",
        "self.notify(agent.name)",
        "table.add_row(name, key=1)",
        "self.query_one(Static).update(text)",
        "from textual.widgets import Static\nself.line.update(text)",
        "self.border_title = name",
        "app.title = f'fleet {name}'",
        "Content.from_markup('[b]x[/b]')",
        "Content(name)",
        "Button(label=name)",
        "Segment(text, style)",
        "SafeText(name)",
        "print(name)",
        "sys.stdout.write(name)",
        "self.query_one(Log).write(name)",
        "DataTable[str]().add_row(name)",
        "Static('a' + name)",
    ],
)
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    [
        "Static('a')",
        "Label('a' * 3, id=name)",
        "SafeText(' ' * cells)",
        "self.title = 'fleet-tui'",
        "self.told.update(names)",
        "self.write(order)",
    ],
)
def test_the_rule_lets_literals_pass(source: str) -> None:
    assert list(offences(source)) == []
