"""A plan in a browser and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from made_plans import made_plan, made_profile, made_verification

from vedette.adapters.report.plan_charts import TradeOff
from vedette.adapters.report.plan_html import plan_fragment, plan_page
from vedette.adapters.report.plan_view import PlanView, build_plan_view
from vedette.values.plan import Status

HOSTILE = "<script>alert(1)</script>"


class _Closed(HTMLParser):
    """Checks that every element is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(**changes: object) -> PlanView:
    offs = [TradeOff(5.0, Status.OPTIMAL, devices=4), TradeOff(10.0, Status.OPTIMAL, devices=2)]
    return build_plan_view(made_plan(**changes), [made_profile()], [made_verification()], offs)


@pytest.mark.parametrize("make", [plan_page, plan_fragment])
def test_the_markup_is_whole_and_the_same_each_time(make) -> None:
    """Every element is closed, and nothing depends on when it is made."""
    parser = _Closed()
    parser.feed(make(shown()))

    assert parser.open == []
    assert parser.tags.count("figure") == 5
    assert make(shown()) == make(shown())


@pytest.mark.parametrize("make", [plan_page, plan_fragment])
def test_markup_in_names_stays_text(make) -> None:
    """A warning may repeat what somebody has written."""
    made = make(shown(words=(HOSTILE,), warnings=(HOSTILE,), id=HOSTILE))

    assert HOSTILE not in made
    assert "&lt;script&gt;" in made


def test_a_notebook_gets_no_script_and_styles_that_reach_nothing_else() -> None:
    """They are in a shadow tree of their own."""
    fragment = plan_fragment(shown())

    assert "<script" not in fragment
    assert 'shadowrootmode="open"' in fragment
