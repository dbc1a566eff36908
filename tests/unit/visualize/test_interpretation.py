"""Figures of a table of lesions, with the numbers behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lesion_tables import draw_lesions
from prognos.metrics import growth_effects, margin_effects, organ_effects, reader_agreement
from prognos.visualize import (
    Interpretation,
    ReaderPanel,
    draw_reader_agreement,
    draw_risk_by_growth,
    draw_risk_by_margin,
    figure_pixels,
    interpret_lesions,
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return draw_lesions()


@pytest.fixture(scope="module")
def findings(table: pd.DataFrame) -> dict[str, Interpretation]:
    return {finding.name: finding for finding in interpret_lesions(table, notice="SYNTHETIC WEIGHTS")}


def test_a_full_table_gives_every_figure_in_order(findings: dict[str, Interpretation]) -> None:
    assert list(findings) == ["lesion_organs", "lesion_growth", "lesion_margin", "lesion_readers"]
    for finding in findings.values():
        assert finding.figure.get_label()
        assert figure_pixels(finding.figure).std() > 10
        assert len(finding.plotted) > 40
        assert finding.text.endswith(".")


def test_effects_are_those_of_the_metrics(table: pd.DataFrame, findings: dict[str, Interpretation]) -> None:
    metrics = {
        "lesion_organs": organ_effects(table),
        "lesion_growth": growth_effects(table),
        "lesion_margin": margin_effects(table),
    }
    for name, effects in metrics.items():
        assert findings[name].effects["estimate"].tolist() == [effect.estimate for effect in effects]
    icc = reader_agreement(table)[0].agreement
    assert findings["lesion_readers"].effects["icc"][0] == icc.icc
    assert f"ICC {icc.icc:.2f}" in findings["lesion_readers"].text


def test_readers_who_marked_nothing_are_counted_where_they_are_known(table: pd.DataFrame) -> None:
    rest = table[~((table["patient_id"] == "000") & (table["reader"] == "r2"))]
    unknown, known = (interpret_lesions(rest, without_lesions=given)[-1] for given in (None, [("000", "r2")]))
    assert "is not in the table and does not count" in unknown.text
    assert "counts with the log hazard 0: 1 such annotation(s)" in known.text
    assert known.effects["readings"].iloc[-1] == unknown.effects["readings"].iloc[-1] + 2, "of two readers, not one"


def test_a_sign_is_written_as_it_is(findings: dict[str, Interpretation]) -> None:
    effect = findings["lesion_growth"].effects.iloc[0]
    assert f"growing minus shrinking: +{effect['estimate']:.3f} [+" in findings["lesion_growth"].text
    assert "border of the lung: \N{MINUS SIGN}0.1" in findings["lesion_margin"].text


def test_what_a_table_lacks_is_left_out(table: pd.DataFrame) -> None:
    poor = table[table["reader"] == "r1"].assign(margin_mm=np.nan, growth_ratio=np.nan)
    (organs,) = interpret_lesions(poor.drop(columns=["matched_lesion", "diameter_mm"]))
    assert organs.name == "lesion_organs"
    assert "each outline once" in organs.text
    assert interpret_lesions(table.iloc[:0]) == []


def test_one_lesion_is_drawn_without_effects(table: pd.DataFrame) -> None:
    (organs,) = interpret_lesions(table.iloc[:1])
    assert organs.text == ""
    assert organs.effects.empty


def test_a_table_of_something_else_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no column organ, scaled_risk; expected a table of lesions"):
        interpret_lesions(table.drop(columns=["organ", "scaled_risk"]))


def test_growth_shows_both_medians() -> None:
    figure = draw_risk_by_growth(np.array([0.1, 0.3, -0.2]), np.array([True, True, False]))
    assert "medians: growing +0.20, shrinking -0.20" in figure.get_label()
    with pytest.raises(ValueError, match="some growing and some not"):
        draw_risk_by_growth(np.zeros(2), np.ones(2, bool))


def test_margin_bands_show_the_median_of_enough_lesions() -> None:
    margin = np.array([0.0] * 6 + [7.0] * 5 + [25.0] * 4)
    figure = draw_risk_by_margin(margin, np.r_[np.full(6, 0.5), np.full(5, 0.1), np.full(4, -0.3)])
    medians = figure.axes[0].containers[0].lines[0]
    np.testing.assert_allclose(medians.get_xydata(), [[0.0, 0.5], [7.0, 0.1]])
    with pytest.raises(ValueError, match="2 risks of 3 margins"):
        draw_risk_by_margin(np.zeros(3), np.zeros(2))


def test_each_reading_stands_over_the_mean_of_its_thing() -> None:
    panel = ReaderPanel("lesion risk", np.array([1.0, 3.0]), np.array([2.0, 2.0]), 1.4, "ICC 0.50")
    figure = draw_reader_agreement([panel])
    np.testing.assert_allclose(figure.axes[0].lines[1].get_xydata(), [[2, 1], [2, 3]])
    assert "ICC 0.50" in figure.get_label()
    with pytest.raises(ValueError, match="no readings"):
        draw_reader_agreement([])
