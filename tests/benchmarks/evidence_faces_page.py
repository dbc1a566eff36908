"""The page ``docs/explanation/face-results.md``: what was asked, what was found, and what was not measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean, stdev
from textwrap import fill
from typing import Any

__all__ = ["describe"]

Found = Mapping[str, Any]

CHANCE = 0.5

HEAD = """# What the face bundle reaches on synthetic portraits

**Synthetic throughout**: drawn patients with a drawn survival ([how](synthetic-portraits.md)). Nothing here says
anything about a real patient. Every number comes from the bundle's own stages, run by

```shell
python tests/benchmarks/evidence_faces.py --generator bundles/face_prognosis/models/generator.safetensors \\
    --encoder bundles/face_prognosis/models/encoder.safetensors --output_dir runs/evidence
```

which may be killed and called again. A higher C-index is better, a lower Brier score is better, a positive beta is
worse for the patient. Generator and encoder saw no portrait of the patients.
"""

SEARCHED = "Cross-validated over 4 folds; latents by the encoder's guess and L-BFGS, the bundle's default."

GUESSED = "The same patients and folds; latents are the encoder's guess as it is."

PERMUTED = "Searched latents of the same patients, each with the outcome of another one."

NUISANCES = "Drawn patients of equal health and age, whose survival depends on nothing."

EDITED = (
    "8 folds: six are fitted to, the tested one is edited and embedded again, along the direction as fitted and along "
    "the one that holds background and clothes. Factors are read by a ridge regression on 16 x 16 pixels of 1000 other "
    "drawn portraits, which has seen no generated image. Regions are those of the true portraits, one pixel smaller on "
    "each side. The redrawn truth moves only signs of illness and age, as far as was read. The standard error of a "
    "factor is that of the means of the folds."
)

SUBGROUPS = (
    "The shipped encoder and head, trained on 800 other drawn patients of the clinic. The truth beside it is what a "
    "face shows. Means are above that of the cohort; a network that is fair in the large has means near those of the "
    "truth. Skin tones are bands of the drawn scale. None of this says how it would do in people."
)

SURROUNDED = (
    "The shipped network again. Each patient's photo gets a region, or is drawn anew with factors, of another patient; "
    "the share is the mean squared change of the log hazard over twice its variance between patients (Jansen's "
    "estimator): 0 when a part does not matter, 1 when the risk comes from it alone. Parts that act together count "
    "more than once."
)

ADAPTED = "A short fine-tuning on few portraits of a clinic, started from the generator; p is the mean of each tick."


def describe(found: Found) -> str:
    """Write the page.

    Args:
        found: name of a part -> what it wrote; ``study`` among them. A part that is missing is said to be missing.
    """
    sections: dict[str, tuple[str, str, Callable[[Found], list[str]]]] = {
        "photo": ("Survival from searched latents", SEARCHED, _photo),
        "encoder": ("Survival from the encoder's latents", GUESSED, _encoder),
        "permuted": ("Permuted labels", PERMUTED, _permuted),
        "null": ("Portraits that differ in nuisances alone", NUISANCES, _null),
        "edits": ("Edited portraits", EDITED, _edits),
        "subgroups": ("Subgroups of the feed-forward network", SUBGROUPS, _subgroups),
        "surroundings": ("Face or surroundings", SURROUNDED, _surroundings),
        "adaptation": ("Adaptive augmentation on few portraits", ADAPTED, _adaptation),
    }
    lines = [HEAD, *_study(found.get("study", {})), "", "## In one look", "", *_verdicts(found)]
    for name, (title, method, write) in sections.items():
        body = write(found[name]) if name in found else ["Not measured yet."]
        lines += ["", f"## {title}", "", fill(method, 120), "", *body]
    return "\n".join(lines) + "\n"


def _study(study: Found) -> list[str]:
    if not study:
        return ["Not measured yet."]
    return [
        f"{study['patients']} patients of the clinic, seed {study['seed']}, seen by no network.",
        f"Generator: {study['generator_trained_on']}. Encoder: {study['encoder_trained_on']}.",
    ]


def _verdicts(found: Found) -> list[str]:
    """One row for each thing that was asked."""
    rows = [
        row
        for name, judge in (
            ("photo", _judge_photo),
            ("permuted", _judge_permuted),
            ("null", _judge_null),
            ("edits", _judge_edits),
            ("surroundings", _judge_surroundings),
            ("adaptation", _judge_adaptation),
        )
        for row in (judge(found[name]) if name in found else [(name, "not measured yet", None)])
    ]
    words = {True: "yes", False: "**no**", None: ""}
    return _table(["asked", "found", "met"], [[asked, value, words[met]] for asked, value, met in rows])


def _judge_photo(found: Found) -> list[tuple[str, str, bool | None]]:
    rows: list[tuple[str, str, bool | None]] = []
    tables = list(found["tables"].values())
    for key, name in (("c_index", "all pairs"), ("within_types", "pairs within cancer types")):
        gaps = [table["truth"]["visible"][key] - table["models"]["coxph"][key]["value"] for table in tables]
        text = f"{mean(gaps):.3f} below, mean of {len(gaps)} follow-ups ({min(gaps):.3f} to {max(gaps):.3f})"
        rows.append((f"photo alone at most 0.10 below the visible truth, {name}", text, mean(gaps) <= 0.10))
    for prefix, name in (("", "all pairs"), ("within_types_", "pairs within cancer types")):
        pairs = [table["fusion_minus_clinical"] for table in tables]
        won = [pair[prefix.rstrip("_") or "difference"] > 0 and pair[f"{prefix}p_value"] < 0.05 for pair in pairs]
        first = pairs[0]
        text = f"{first[prefix.rstrip('_') or 'difference']:+.3f}, p = {first[f'{prefix}p_value']:.2g}; p < 0.05 in "
        rows.append((f"fusion above clinical alone, {name}", f"{text}{sum(won)} of {len(won)} follow-ups", won[0]))
    return rows


def _judge_permuted(found: Found) -> list[tuple[str, str, bool | None]]:
    rows: list[tuple[str, str, bool | None]] = []
    for model, values in found["models"].items():
        near = abs(values["mean"] - CHANCE) <= 2 * (values["standard_error"] or 0.0)
        text = f"{values['mean']:.3f} ± {_number(values['standard_error'])}, {values['count']} permutations"
        rows.append((f"permuted labels give 0.5, {model}", text, near))
    return rows


def _judge_null(found: Found) -> list[tuple[str, str, bool | None]]:
    rows: list[tuple[str, str, bool | None]] = []
    for model, figures in found["models"].items():
        low, high = figures["c_index"]["interval_95"]
        rows.append((f"nuisances alone give 0.5, {model}", _interval(figures["c_index"]), low <= CHANCE <= high))
    return rows


def _judge_edits(found: Found) -> list[tuple[str, str, bool | None]]:
    rows: list[tuple[str, str, bool | None]] = []
    for way in ("encoder", "fast"):
        part = found[way]
        for name, words in NAMES.items():
            sweep = part["sweeps"][name]
            where = f"{way}, {words}"
            text = f"{sweep['rising_share']:.0%} of {part['patients']}"
            risen = sweep["rising_share"] >= 0.95
            rows.append((f"re-read risk rises with beta for 95 % of held-out patients, {where}", text, risen))
            signs = [values for factor, values in sweep["slopes_sd"].items() if factor in SIGNS]
            up = [values["mean"] > 2 * values["standard_error"] for values in signs]
            rows.append((f"the planted signs of illness rise, {where}", f"{sum(up)} of {len(up)}", all(up)))
            ratios = _ratios(sweep["change"])
            stay = max(ratios.values()) <= STAYS if name != HEALTH else None
            text = ", ".join(f"{region} {ratio:.2f}" for region, ratio in ratios.items())
            rows.append((f"background and clothes stay: change over that of the face, {where}", text, stay))
        by_chance = ", ".join(f"{region} {ratio:.2f}" for region, ratio in _ratios(part["change_random"]).items())
        rows.append((f"the same along random directions, {way}", by_chance, None))
    return rows


def _ratios(change: Found) -> dict[str, float]:
    """Change of background and clothes over that of the face, at the two ends of the sweep."""
    ends = {region: values[0] + values[-1] for region, values in change.items() if None not in values}
    return {region: ends[region] / ends["face"] for region in ("background", "clothes") if region in ends}


def _judge_surroundings(found: Found) -> list[tuple[str, str, bool | None]]:
    signs, around = (found["factors"][name] for name in ("signs of illness", "background and clothes"))
    return [
        (
            "the risk does not come from background or clothes: share of its variance, drawn anew",
            f"{around:.2f}; signs of illness {signs:.2f}",
            around < 0.1 < signs,
        )
    ]


def _judge_adaptation(found: Found) -> list[tuple[str, str, bool | None]]:
    last = found["augmentation"][-1]
    return [(f"augmentation acts on {found['portraits']} portraits (p > 0)", f"p = {last:.4f}", last > 0)]


HEALTH, AGE, HELD = "health", "age", ", surroundings held"

NAMES = {HEALTH: "as fitted", f"{HEALTH}{HELD}": "surroundings held"}
"""Sweeps along health, in words."""

STAYS = 0.3
"""Most change of a region that stays, relative to that of the face; half of it is the aim."""

SIGNS = ("pallor", "jaundice", "hollow_cheeks", "hair_loss", "tired_eyes")


def _photo(found: Found) -> list[str]:
    tables = found["tables"]
    first = next(iter(tables.values()))
    lines = [
        f"Median relative error of the reconstructions {found['median_relative_error']:.3f}, "
        f"{found['median_seconds_a_photo']:.2f} s a photo. Pairs within folds. The first follow-up, "
        f"{first['patients']} patients, {first['events']} events:",
        "",
    ]
    rows = [
        [name, _interval(values["c_index"]), _interval(values["within_types"]), _brier(values)]
        for name, values in first["models"].items()
    ]
    rows += [
        [f"truth: {name}", f"{values['c_index']:.3f}", f"{values['within_types']:.3f}", ""]
        for name, values in first["truth"].items()
    ]
    lines += _table(["model", "C-index (95 %)", "within cancer types (95 %)", "integrated Brier"], rows)
    lines += ["", f"All {len(tables)} follow-ups of the same patients, mean ± standard deviation:", ""]
    rows = [
        [
            name,
            _spread([table["models"][name]["c_index"]["value"] for table in tables.values()]),
            _spread([table["models"][name]["within_types"]["value"] for table in tables.values()]),
            _spread([table["models"][name]["integrated_brier"] for table in tables.values()]),
        ]
        for name in first["models"]
        if all(name in table["models"] for table in tables.values())
    ]
    rows += [
        [
            f"truth: {name}",
            _spread([table["truth"][name]["c_index"] for table in tables.values()]),
            _spread([table["truth"][name]["within_types"] for table in tables.values()]),
            "",
        ]
        for name in first["truth"]
    ]
    return lines + _table(["model", "C-index", "within cancer types", "integrated Brier"], rows)


def _encoder(found: Found) -> list[str]:
    agreement = ", ".join(f"{model} {value:.2f}" for model, value in found["agreement"].items())
    text = f"Spearman's correlation with the out-of-fold log hazards of the searched latents: {agreement}."
    return [*_photo(found), "", text]


def _permuted(found: Found) -> list[str]:
    rows = [
        [model, f"{values['mean']:.3f}", _number(values["standard_error"]), str(values["count"])]
        for model, values in found["models"].items()
    ]
    return _table(["model", "mean C-index", "standard error", "permutations"], rows)


def _null(found: Found) -> list[str]:
    rows = [
        [model, _interval(figures["c_index"]), _interval(figures["within_types"])]
        for model, figures in found["models"].items()
    ]
    head = f"{found['patients']} patients, {found['events']} events."
    return [head, "", *_table(["model", "C-index (95 %)", "within cancer types (95 %)"], rows)]


def _edits(found: Found) -> list[str]:
    lines: list[str] = []
    for way, title in (("encoder", "embedded again by the encoder"), ("fast", "searched again")):
        part = found[way]
        lines += [*([""] if lines else []), f"### {part['patients']} patients, {title}", ""]
        for attribute, unit in ((HEALTH, "log hazard"), (AGE, "age, years")):
            if attribute in part["sweeps"]:
                lines += _edited(attribute, unit, part, found["reader"])
        lines += [
            f"No random direction moves the log hazard as far as the fitted one in {_count(part['beats_random'])} "
            f"folds; "
            + (
                f"the person is kept in {_count(part['keeps_the_person'])}."
                if any(kept is not None for kept in part["keeps_the_person"])
                else "one patient a fold cannot tell whether the person is kept."
            ),
            "",
            "Share of the risk's variance that moves with another patient's region: "
            + (", ".join(f"{region} {share:.0%}" for region, share in part["exchange"].items()) or "not assessed")
            + ". Share of the risk's gradient: "
            + ", ".join(
                f"{region} {values['saliency']:.0%} (of the area {values['area']:.0%})"
                for region, values in part["saliency"].items()
            )
            + ".",
        ]
    return lines


def _edited(attribute: str, unit: str, part: Found, reader: Found) -> list[str]:
    """What the two ways along one attribute do."""
    fitted, held = (part["sweeps"][f"{attribute}{suffix}"] for suffix in ("", HELD))
    rows = [
        [
            factor,
            *(f"{sweep['slopes_sd'][factor]['mean']:+.2f} ± {_error(sweep, factor)}" for sweep in (fitted, held)),
            *(f"{sweep['slopes_sd'][factor]['positive_share']:.0%}" for sweep in (fitted, held)),
            f"{values['read_correlation']:.2f}",
            f"{reader[factor]:.2f}",
        ]
        for factor, values in fitted["slopes_sd"].items()
    ]
    return [
        f"**{attribute}** ({unit}), read again: {fitted['change_per_beta']:+.2f} a beta as fitted, it rises at every "
        f"step for {fitted['rising_share']:.0%} of the patients; {held['change_per_beta']:+.2f} with the surroundings "
        f"held, for {held['rising_share']:.0%}. Holding them takes a step {held['price']:.1f} times as long as the "
        f"shortest one with the same effect.",
        "",
        *_table(
            [
                "factor",
                "change a beta in standard deviations, as fitted",
                "surroundings held",
                "patients in whom it rises, as fitted",
                "surroundings held",
                "reader and truth, unedited",
                "reader and truth, drawn",
            ],
            rows,
        ),
        "",
        "Mean absolute change of the pixels, in steps of 8 bits:",
        "",
        *_changes(attribute, part, fitted, held),
        "",
    ]


def _error(sweep: Found, factor: str) -> str:
    return _number(sweep["slopes_sd"][factor]["standard_error"])


def _changes(attribute: str, part: Found, fitted: Found, held: Found) -> list[str]:
    """Change of each region, and relative to the face."""
    betas = part["betas"]
    kinds = [
        (f"{attribute}, {words}, beta {betas[index]:+g}", sweep["change"], index)
        for words, sweep in (("as fitted", fitted), ("surroundings held", held))
        for index in (0, -1)
    ]
    kinds += [("random directions, both ends", part["change_random"], None)] if attribute == HEALTH else []
    kinds += [
        (f"redrawn truth, {words}, beta {betas[-1]:+g}", sweep["change_redrawn"], -1)
        for words, sweep in (("as fitted", fitted), ("surroundings held", held))
    ]
    rows = []
    for name, changes, index in kinds:
        values = {
            region: mean(found) if index is None else found[index]
            for region, found in changes.items()
            if None not in found
        }
        row = [f"{values[region]:.1f}" if region in values else "not seen" for region in changes]
        ratios = [
            f"{values[region] / values['face']:.2f}" if region in values and values["face"] else ""
            for region in ("background", "clothes")
        ]
        rows.append([name, *row, *ratios])
    return _table(["edit", *fitted["change"], "background / face", "clothes / face"], rows)


def _subgroups(found: Found) -> list[str]:
    rows = [
        [
            row["variable"],
            row["level"],
            str(row["patients"]),
            str(row["events"]),
            _interval({"value": row["c_index"], "interval_95": row["interval_95"]}),
            _number(row["visible"]),
            f"{row['mean']:+.2f}",
            f"{row['visible_mean']:+.2f}",
        ]
        for row in found["rows"]
    ]
    titles = ["variable", "level", "patients", "events", "C-index (95 %)", "truth: visible"]
    return _table([*titles, "mean log hazard, network", "mean log hazard, truth: visible"], rows)


def _surroundings(found: Found) -> list[str]:
    parts = {"region of the photo": found["regions"], "factors of the drawing": found["factors"]}
    rows = [[what, name, f"{share:.2f}"] for what, shares in parts.items() for name, share in shares.items()]
    return _table(["exchanged", "", "share of the risk's variance"], rows)


def _adaptation(found: Found) -> list[str]:
    distance = found["frechet_distance_to_other_patients"]
    rows = [
        [f"{(tick + 1) * found['kimg_a_tick']:g}", f"{p:.4f}", f"{sign:+.2f}"]
        for tick, (p, sign) in enumerate(zip(found["augmentation"], found["real_sign"], strict=True))
    ]
    return [
        f"Fine-tuned on {found['portraits']} portraits of the clinic. Fréchet distance to 1000 other patients: "
        f"{distance['before']:.2f} without, {distance['after']:.2f} with fine-tuning.",
        "",
        *_table(["thousand images", "p", "sign of the real logits"], rows),
    ]


def _interval(figure: Found) -> str:
    low, high = figure["interval_95"]
    return f"{_number(figure['value'])} ({_number(low)} to {_number(high)})"


def _brier(figures: Found) -> str:
    low, high = figures["integrated_over_days"]
    number = _number(figures["integrated_brier"])
    return number if low is None else f"{number} ({low:g} to {high:g} days)"


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "not defined"
    return f"{mean(known):.3f} ± {stdev(known) if len(known) > 1 else 0.0:.3f}"


def _count(verdicts: Sequence[bool | None]) -> str:
    known = [verdict for verdict in verdicts if verdict is not None]
    return f"{sum(known)} of {len(known)}"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [titles, ["---"] * len(titles), *rows]]
