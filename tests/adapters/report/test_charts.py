"""Plots as HTML and SVG, and the script that looks closer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import rendered
from made_runs import made_run
from report_runs import monitored

from vedette.adapters.report.charts import HIGH, WIDE, figure, first_ten
from vedette.adapters.report.html import page
from vedette.adapters.report.plot import Axis, Mark, Plot, Series, Shape
from vedette.adapters.report.view import build_view


def plot(
    shape: Shape, x: tuple[float, ...], y: tuple[float, ...], *, log: bool = False, breaks: tuple[int, ...] = ()
) -> Plot:
    low = 1.0 if log else 0.0
    series = Series("a", "#000", shape, x, y, len(x), breaks)
    return Plot("k", "t", Axis("x", "s", 0.0, 10.0), Axis("y", "ms", low, 100.0, log), (series,))


def drawn(one: Plot) -> str:
    found = re.search(r'class="series [a-z]+".*?<path d="([^"]*)"', str(figure(one)))
    assert found
    return found[1]


def test_dots_lie_where_their_values_are() -> None:
    """The path gives back x and y: zero at the lower left, the upper ends of the axes at the upper right."""
    assert drawn(plot(Shape.DOTS, (0.0, 5.0, 10.0), (0.0, 25.0, 100.0))) == (
        f"M0 {HIGH}h0M{WIDE // 2} {HIGH * 3 // 4}h0M{WIDE} 0h0"
    )


def test_a_logarithmic_axis_goes_by_ratio() -> None:
    """10 is half way from 1 to 100."""
    assert drawn(plot(Shape.DOTS, (0.0,), (10.0,), log=True)) == f"M0 {HIGH // 2}h0"


def test_a_line_is_broken_where_it_starts_anew() -> None:
    """And a single point is a dot."""
    path = drawn(plot(Shape.LINE, (0.0, 1.0, 2.0), (0.0, 0.0, 0.0), breaks=(0, 2)))

    assert path == f"M0 {HIGH}L10000 {HIGH}M20000 {HIGH}h0"


def test_a_distribution_rises_in_steps() -> None:
    """It stays level to the next value, and to the right edge after the last."""
    assert drawn(plot(Shape.STEPS, (2.0, 4.0), (50.0, 100.0))) == f"M20000 {HIGH}H20000V5000H40000V0H{WIDE}"


def test_few_names_of_many_lines_are_written() -> None:
    """Forty repeats have forty lines and eight names at most."""
    base = plot(Shape.DOTS, (0.0,), (1.0,))
    many = Plot(
        "k", "t", base.x, base.y, base.series, marks=tuple(Mark(i / 4, f"repeat {i}") for i in range(40)), group="g"
    )

    document = str(figure(many))

    assert document.count('class="mark"') == 40
    assert 1 < document.count('class="at"') <= 8


def test_the_first_ten_are_bars_and_a_failure_is_a_word() -> None:
    """The longest fills the track; a failed one has no length."""
    document = str(first_ten((20.0, None, 10.0), 5.0))

    assert re.findall(r"width:([0-9.]+)%", document) == ["100.000", "50.000", "25.000"]
    assert document.count("failed</span>") == 1


@pytest.mark.parametrize("times", [(), (None, None), (0.0,)])
def test_bars_of_nothing(times: tuple[float | None, ...]) -> None:
    """No division by a longest bar that is not there."""
    assert "nan" not in str(first_ten(times, None))


def test_a_button_shows_one_repeat_in_all_charts_of_a_run(tmp_path: Path) -> None:
    """All charts on one time axis move together; the pointer tells the values under it; the distribution stays."""
    document = page(build_view([monitored(made_run(repeats=4))]))
    act = """<script>
      document.querySelectorAll('.tools button')[2].click();
      const canvas = document.querySelector('#run1-time .canvas'), box = canvas.getBoundingClientRect();
      canvas.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + box.width / 2, clientY: box.top + 5}));
    </script></body>"""
    file = tmp_path / "acted.html"
    document = document.replace('http-equiv="Content-Security-Policy"', 'name="policy"').replace("</body>", act)
    file.write_text(document, encoding="utf-8")

    shown = rendered(file)

    assert shown.console == ()
    views = [one.attributes["viewbox"].split() for one in shown.elements("svg")]
    whole = [view for view in views if view == ["0", "0", str(WIDE), str(HIGH)]]
    assert len(whole) == 1
    starts = {(round(float(view[0])), round(float(view[2]))) for view in views if view not in whole}
    assert len(starts) == 1
    start, length = starts.pop()
    assert (start, length) == (pytest.approx(WIDE / 4, rel=0.02), pytest.approx(WIDE / 4, rel=0.02))
    pressed = [one.text for one in shown.elements("button", aria_pressed="true")]
    assert pressed == ["repeat 2"]
    told = [one.text for one in shown.elements("output") if one.text]
    assert "latency" in told[0]
    assert any("core 0" in text for text in told)
