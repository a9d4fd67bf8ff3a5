"""Names beside lines: none on another, none on a line."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

from selfverify.results.figure_style import End, label_ends, spread


def test_names_stand_in_a_column_to_the_right_of_every_line():
    figure, axis = plt.subplots()
    axis.set(xscale="log", xlim=(1, 8), ylim=(0, 1))
    label_ends(axis, [End(1.5, 0.5, "short"), End(4.0, 0.501, "long"), End(2.0, 0.1, "low")])
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axis.texts]  # without the line to the end
    right = axis.transData.transform((4.0, 0))[0]
    assert all(box.x0 > right for box in boxes)
    assert boxes[0].x0 == pytest.approx(boxes[1].x0, abs=0.5) == pytest.approx(boxes[2].x0, abs=0.5)
    assert not boxes[0].overlaps(boxes[1])
    plt.close(figure)


def test_a_panel_without_lines_has_no_names():
    figure, axis = plt.subplots()
    label_ends(axis, [])
    assert not axis.texts
    plt.close(figure)


def test_heights_keep_their_order_and_a_gap():
    assert spread([0.5, 0.51, 0.1], 0.1, 0.0) == pytest.approx([0.5, 0.6, 0.1])
    assert spread([0.5, 0.1], 0.2, 0.4) == pytest.approx([0.6, 0.4])
