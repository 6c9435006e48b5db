"""HTML that is safe by construction: every text is escaped unless this module made it.

tag("p", "a < b", cls="note")  ->  <p class="note">a &lt; b</p>
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "line", "rect", "path"})
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\ufffd")


class Markup(str):
    """Text that is HTML already. Only `tag`, `joined` and files of this package become one."""

    __slots__ = ()


Content: TypeAlias = str | Markup | None


def text(content: Content) -> Markup:
    """Content as HTML: markup stays, anything else is escaped; control characters are replaced."""
    if isinstance(content, Markup):
        return content
    return Markup(escape("" if content is None else content.translate(_CONTROL), quote=True))


def joined(*parts: Content) -> Markup:
    """Several pieces one after the other."""
    return Markup("".join(text(part) for part in parts))


def tag(name: str, /, *content: Content, **attributes: str | float | None) -> Markup:
    """An element. `cls` is the attribute class, an underscore a hyphen; an attribute of None is left out."""
    shown = "".join(
        f' {"class" if key == "cls" else key.replace("_", "-")}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        assert not content, f"<{name}> holds nothing"
        return Markup(f"<{name}{shown}>") if name in {"meta", "br"} else Markup(f"<{name}{shown}/>")
    return Markup(f"<{name}{shown}>{joined(*content)}</{name}>")
