"""A drawn table of scored lesions whose effects are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

RISK = {"lung": -0.2, "bone": 0.4, "liver": 0.1}
"""Mean risk of the lesions of each organ."""

GROWTH, MARGIN = 0.15, -0.1
"""Risk of growing minus shrinking lesions; risk of 10 mm more between a lung lesion and the border."""


def draw_lesions(seed: int = 0, *, patients: int = 40, readers: int = 2) -> pd.DataFrame:
    """Lesions of several readers, one row an outline; the ids of the second reader are not those of the first."""
    random = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        base = 0.2 * random.standard_normal()
        for lesion in range(1, random.integers(3, 12)):
            organ = str(random.choice(list(RISK), p=[0.6, 0.2, 0.2]))
            growing, margin = bool(random.random() < 0.5), float(random.choice([0.0, 5.0, 10.0, 20.0]))
            risk = base + RISK[organ] + GROWTH * growing + MARGIN * margin / 10 * (organ == "lung")
            risk += 0.1 * random.standard_normal()
            for reader in range(readers):
                read = risk + 0.02 * random.standard_normal()
                rows.append(
                    {
                        "patient_id": f"{patient:03d}",
                        "reader": f"r{reader + 1}",
                        "lesion_id": lesion if reader == 0 else 50 - lesion,
                        "organ": organ,
                        "volume_mm3": 500.0,
                        "diameter_mm": float(random.uniform(6, 30)),
                        "growth_ratio": float(np.exp((0.3 if growing else -0.3) + 0.02 * random.standard_normal())),
                        "risk": read,
                        "scaled_risk": read * 1.5,
                        "slice_from_feet_first_is_0": 3,
                        "matched_lesion": lesion,
                        "margin_mm": margin,
                        "depth_mm": margin + 5,
                    }
                )
    return pd.DataFrame(rows)
