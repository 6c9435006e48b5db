"""HTML that is safe by construction."""

from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.report.markup import Markup, joined, tag, text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_stays_text(words: str) -> None:
    """Whatever is in it, no tag and no attribute can begin; a reader sees the same words."""
    shown = text(words)

    assert not set("<>\"'") & set(shown)
    assert unescape(shown) == words


def test_attributes_are_escaped() -> None:
    """A quote does not end an attribute."""
    assert tag("a", "x", href='"onclick="y') == '<a href="&quot;onclick=&quot;y">x</a>'


def test_markup_is_kept_and_text_beside_it_is_not() -> None:
    """Elements nest; what stands beside them is escaped."""
    assert tag("p", tag("b", "a<b"), "<i>") == "<p><b>a&lt;b</b>&lt;i&gt;</p>"
    assert isinstance(joined("a", None, Markup("<br>")), Markup)


def test_control_characters_are_replaced() -> None:
    """They have no place in HTML."""
    assert text("a\x00b\x1bc\nd") == "a\ufffdb\ufffdc\nd"


def test_empty_elements_and_absent_attributes() -> None:
    """A path holds nothing; None leaves an attribute out; an underscore is a hyphen."""
    assert tag("path", d="M0 0", data_x=None) == '<path d="M0 0"/>'
    assert tag("p", cls="a", data_long_name=1) == '<p class="a" data-long-name="1"></p>'
