"""The table of lesions shows what is known and hides nothing from its file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from prognos.visualize import interpret_lesions, interpretation_section, lesion_section, risk_gallery


def lesions(count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i // 4}" for i in range(count)],
            "reader": "r",
            "lesion_id": range(count),
            "organ": ["lung", "liver"] * (count // 2),
            "volume_mm3": rng.uniform(100.4, 900.6, count),
            "diameter_mm": 5.0,
            "growth_ratio": np.nan,
            "risk": rng.normal(size=count),
            "scaled_risk": rng.normal(size=count),
            "slice_from_feet_first_is_0": 3,
        }
    )


def test_what_adds_most_comes_first_and_empty_columns_stay_in_the_file() -> None:
    [table] = lesion_section(lesions()).tables
    added = [row[-1] for row in table.rows]
    assert added == sorted(added, reverse=True)
    assert table.sortable
    assert "growth_ratio" not in table.columns
    assert table.numbers is not None
    assert {"growth_ratio", "slice_from_feet_first_is_0"} <= set(table.numbers.columns)
    assert all(isinstance(row[list(table.columns).index("volume_mm3")], int) for row in table.rows)


def test_statistics_are_shown_with_their_interval_and_kept_as_numbers() -> None:
    section = interpretation_section(interpret_lesions(lesions()))
    table = next(table for table in section.tables if table.name == "lesion_organs_effects")
    assert "estimate [95 %]" in table.columns
    assert table.numbers is not None
    assert {"estimate", "low", "high", "p_value"} <= set(table.numbers.columns)


def test_a_gallery_shows_the_highest_risks_above_the_lowest() -> None:
    patches = [np.full((4, 4), value, np.float32) for value in (0.0, 0.5, 2.0)]
    rows = risk_gallery(patches, [-1.0, 0.5, 2.0], ["a", "b", "c"]).rows
    assert [[tile.title for tile in row] for row in rows.values()] == [["+2.00", "+0.50"], ["\N{MINUS SIGN}1.00"]]
    assert rows["highest risk"][0].pixels.max() == 255
    assert rows["highest risk"][0].colour == "#ee1c2e"
