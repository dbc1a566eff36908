"""The command ``prognos demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fire.decorators import SetParseFn

from prognos.apps.demo.faces import show_faces
from prognos.apps.demo.lesions import show_lesions
from prognos.apps.demo.outcome import Clock, Outcome

__all__ = ["demo"]

FEWEST = 20
"""Patients below which a fold has too few events."""


@SetParseFn(str, "output_dir", "only")  # fire reads the folder 2024 as a number
def demo(
    output_dir: str = "runs/demo", *, only: Literal["", "lesions", "faces"] = "", patients: int = 60, faces: int = 160
) -> None:
    """Show synthetic patients become risks: lesions on CT, then portraits, each with a report.

    The patients are drawn, so their true risks are known and the C-index stands beside that of an oracle. The shipped
    weights have not seen them.

    Args:
        output_dir: folder of the results; what is there already is used again.
        only: ``lesions`` or ``faces`` for one half; both by default.
        patients: number of patients with a CT, at least 20.
        faces: number of patients with a portrait, at least 20.
    """
    if only not in ("", "lesions", "faces"):
        raise ValueError(f"only is {only!r}, expected 'lesions' or 'faces'.")
    for name, count in (("patients", patients), ("faces", faces)):
        if count < FEWEST:
            raise ValueError(f"{name} is {count}, expected at least {FEWEST}: fewer have too few events in a fold.")
    folder, clock = Path(output_dir), Clock()
    outcomes: list[Outcome] = []
    if only != "faces":
        outcomes.append(show_lesions(folder / "lesions", clock, patients))
    if only != "lesions":
        outcomes.append(show_faces(folder / "faces", clock, faces))
    clock.say("done\n")
    for outcome in outcomes:
        print(outcome.said)
    print("\n".join(dict.fromkeys(outcome.notice for outcome in outcomes)), end="\n\n")
    for outcome in outcomes:
        for name, path in outcome.look_at.items():
            print(f"{name + ':':20} {path.resolve()}")
    print("\nNext:")
    if only != "faces":
        cohort = folder / "lesions/cohort"
        print("  prognos run lesion_prioritization inference --image ct.nii.gz --mask lesions.nii.gz --output_dir mine")
        print(f"  prognos experiment lesion_prioritization --dataset_dir {cohort} --output_dir folds --epochs 5")
    if only != "lesions":
        print("  prognos align photos.csv --output_dir my_cohort --size 64    # then: embed, compare, manipulate")
