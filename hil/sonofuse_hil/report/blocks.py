"""Blocks of a report: the document around it, tables, lists of facts."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

_STYLE = Path(__file__).with_name("style.css")


def document(title: str, parts: Iterable[str]) -> str:
    """One page that needs nothing but itself; the parts are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def escape(text: str) -> str:
    """Text as HTML."""
    return html.escape(text)


def table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; each column is (class, title)."""

    def line(tag: str, cells: Sequence[str]) -> str:
        filled = (f'<{tag} class="{name}">{cell}</{tag}>' for (name, _), cell in zip(head, cells, strict=True))
        return f"<tr>{''.join(filled)}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    top = line("th", [title for _, title in head])
    return f'<div class="scroll"><table>\n<thead>{top}</thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values, which are HTML already, one under the other."""
    return '<dl class="facts">' + "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in pairs) + "</dl>"
