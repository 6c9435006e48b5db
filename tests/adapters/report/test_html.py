"""A report in a browser: it opens alone, shows what the view holds, and markup in names stays text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import rendered
from made_runs import made_run
from report_runs import HOSTILE, hostile, single, stalled, unanswered, unsent

from vedette.adapters.report.html import page
from vedette.adapters.report.sheet import Sheet
from vedette.adapters.report.view import Pair, View, build_view
from vedette.values.run import RunData


class _Shape(HTMLParser):
    """Checks that every element is closed where it should be, and collects tags and attributes."""

    _VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shape(document: str) -> _Shape:
    parser = _Shape()
    parser.feed(document)
    assert not parser.open
    return parser


def plots(view: View) -> set[str]:
    found = [plot for run in view.runs for plot in (run.over_time, run.ecdf, *run.hardware)]
    return {plot.key for plot in (*found, view.together) if plot is not None}


def opened(view: View, folder: Path) -> tuple[Path, str]:
    file, document = folder / "report.html", page(view)
    file.write_text(document, encoding="utf-8")
    return file, document


def test_a_report_opens_alone_and_shows_what_the_view_holds(tmp_path: Path) -> None:
    """No console message, no address outside, every chart drawn, every figure as in the view, the verdict in words."""
    view = build_view([stalled()])
    file, _ = opened(view, tmp_path)

    shown = rendered(file)

    assert shown.console == ()
    assert shown.fetched == ()
    assert shown.colours > 20
    assert {figure.attributes["id"] for figure in shown.elements("figure")} == plots(view)
    assert shown.elements("html")[0].attributes["data-charts"] == str(len(plots(view)))
    exact = {one.attributes["data-figure"]: one.attributes["data-exact"] for one in shown.elements(data_figure=None)}
    assert exact.pop("failures") == str(view.runs[0].failed_count)
    assert {key: float(value) for key, value in exact.items() if value} == {
        one.key: one.estimate.value for one in view.runs[0].figures if one.estimate.value is not None
    }
    assert [one.text for one in shown.elements(data_verdict="VALID") if one.text.startswith("VALID: no check failed.")]


def test_a_page_that_errs_or_asks_for_more_is_found_out(tmp_path: Path) -> None:
    """The browser of these tests sees what it is there to see."""
    file = tmp_path / "bad.html"
    file.write_text('<body><p>x</p><script>nothing()</script><img src="http://tracker.example/x.png"></body>')

    shown = rendered(file)

    assert "nothing is not defined" in shown.console[0]
    assert shown.fetched == ("http://tracker.example/x.png",)


def test_it_fits_a_phone(tmp_path: Path) -> None:
    """Nothing is wider than a narrow window, so that nobody scrolls sideways; tables scroll within themselves."""
    _, document = opened(build_view([stalled()]), tmp_path)
    probe = tmp_path / "narrow.html"
    measure = "<script>document.body.dataset.wide=document.documentElement.scrollWidth</script></body>"
    without_policy = document.replace('http-equiv="Content-Security-Policy"', 'name="policy"')
    probe.write_text(without_policy.replace("</body>", measure), encoding="utf-8")

    shown = rendered(probe, width=500)

    assert int(shown.elements("body")[0].attributes["data-wide"]) <= 500


def test_several_runs_in_a_browser(tmp_path: Path) -> None:
    """Every run has its section; an INVALID one says so beside a valid one; incomparable runs are told."""
    runs = [made_run(id="one"), unanswered()]
    pair = Pair("one", runs[1].run.id, incomparable=("another machine",))
    view = build_view(runs, pairs=(pair,), costs=(Sheet("Cost table", ("a", ">b"), (("x", "1"),)),))
    file, _ = opened(view, tmp_path)

    shown = rendered(file)

    assert shown.console == ()
    assert [one.attributes["data-verdict"] for one in shown.elements(data_verdict=None)] == ["VALID", "INVALID"]
    assert "no right answer came to 30 requests" in shown.elements(data_verdict="INVALID")[0].text
    assert "another machine" in shown.elements("section", id="comparison")[0].text
    assert any(caption.text == "Cost table" for caption in shown.elements("caption"))
    assert {figure.attributes["id"] for figure in shown.elements("figure")} == plots(view)


def test_hostile_names_do_nothing_in_a_browser(tmp_path: Path) -> None:
    """Markup in every text that a user or server controls is shown as text: no script ran, nothing was asked for."""
    file, _ = opened(
        build_view([hostile(), made_run()], pairs=(Pair(HOSTILE, HOSTILE, incomparable=(HOSTILE,)),)), tmp_path
    )

    shown = rendered(file)

    assert shown.console == ()
    assert shown.elements("img") == []
    assert len(shown.elements("script")) == 1
    assert "alert(1)" in shown.elements("h2")[0].text or "alert(1)" in shown.elements("nav")[0].text


@pytest.mark.parametrize("make", [made_run, stalled, single, unanswered, unsent, hostile])
def test_every_kind_of_run_gives_a_whole_document(make: object) -> None:
    """All elements are closed in order, no name is used twice, and no tag or handler comes from a run."""
    found = shape(page(build_view([make()])))  # type: ignore[operator]

    names = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(names) == len(set(names))
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert [tag for tag, _ in found.tags].count("script") == 1
    assert not {tag for tag, _ in found.tags} & {"img", "iframe", "link", "object", "embed", "form"}


def test_the_page_forbids_itself_the_network() -> None:
    """A policy allows its own styles and the one script by its hash, and nothing else."""
    found = shape(page(build_view([made_run()])))

    policies = [
        attributes["content"] or ""
        for tag, attributes in found.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")


def test_the_verdict_stands_before_every_figure() -> None:
    """A reader with one minute reads the verdict first."""
    document = page(build_view([unanswered()]))

    places = [document.index(word) for word in ('data-verdict="INVALID"', "no right answer came", 'data-figure="p50"')]
    assert places == sorted(places)


def test_the_same_view_gives_the_same_bytes() -> None:
    """A report can be made again and compared."""
    assert page(build_view([stalled()])) == page(build_view([stalled()]))


def test_a_report_is_small() -> None:
    """Ten thousand requests fit in a megabyte: charts are thinned, no library is shipped."""
    data: RunData = made_run(count=2000)

    assert len(page(build_view([data])).encode()) < 1_000_000
