"""The geometry of line charts, and how they are drawn."""

import pytest
from django.template import Context, Template

from common.charts import Series, line_chart, nice_top


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ([], 2),
        ([0], 2),
        ([1], 2),
        ([3], 4),
        ([7], 8),
        ([9.5], 10),
        ([11], 20),
        ([604, 376], 800),
        ([4001], 6000),
    ],
)
def test_the_scale_ends_where_nothing_rises_above_it_and_has_a_whole_middle(values, top):
    assert nice_top(values) == top


def chart(*values, labels=("09", "10")):
    return line_chart(
        "k", "一年", "从4到8。", labels, [Series(f"线{n}", one) for n, one in enumerate(values)]
    )


def test_each_value_stands_in_the_middle_of_its_column():
    (line,) = chart((4, 8)).lines
    assert line.path == "M25 50L75 0"
    assert line.dots == "M25 50h0M75 0h0"


def test_a_gap_breaks_the_line_and_a_value_alone_is_a_dot():
    (line,) = chart((8, None, 4, None), labels=("1", "2", "3", "4")).lines
    assert line.path == "M12.5 0M62.5 50"
    assert line.dots.count("h0") == 2


def test_a_chart_of_nothing_is_flat_and_one_of_one_month_a_dot():
    assert chart((0, 0)).lines[0].path == "M25 100L75 100"
    assert chart((3,), labels=("11",)).lines[0].dots == "M50 25h0"


def test_more_lines_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="4 lines"):
        chart(*[(1, 2)] * 4)


def test_lines_differ_by_more_than_colour_and_nothing_is_styled_in_place():
    html = Template("{% load components %}{% chart one %}").render(Context({"one": chart((4, 8), (1, 2))}))
    assert html.count('class="first"') == html.count('class="second"') == 2
    assert 'aria-labelledby="k-title k-desc"' in html
    assert '<title id="k-title">一年</title>' in html
    assert "从4到8。" in html
    assert "style" not in html


def test_what_is_said_is_escaped():
    odd = line_chart("k", "<b>", "<i>", ["<u>"], [Series("<s>", [1])])
    html = Template("{% load components %}{% chart one %}").render(Context({"one": odd}))
    assert not {"<b>", "<i>", "<u>", "<s>"} & set(html.split())
    assert "&lt;b&gt;" in html
