"""How well predictions do, as sections of a report: the order of risks, survival over time, what they rest on."""

from __future__ import annotations

from prognos.metrics import Evaluation
from prognos.visualize.auc import draw_auc_over_time
from prognos.visualize.brier import draw_brier_rows
from prognos.visualize.calibration import draw_calibration
from prognos.visualize.decision_curve import draw_decision_curve
from prognos.visualize.proportional_hazards import draw_proportional_hazards
from prognos.visualize.report.cells import decimals, interval, months, months_interval, p_value, plotted
from prognos.visualize.report.parts import Cell, Illustration, Section, Table
from prognos.visualize.survival import draw_survival_groups

__all__ = ["performance_sections"]


def performance_sections(evaluation: Evaluation) -> list[Section]:
    """Arrange what an evaluation found; what it could not find is said in words.

    Args:
        evaluation: tables of one model on one part of a cohort.
    """
    return [_order(evaluation), *_survival(evaluation), _checks(evaluation)]


def _order(evaluation: Evaluation) -> Section:
    """Whether the higher risk has the earlier event."""
    shown, tables = [], []
    if rows := evaluation.concordance + evaluation.slope:
        lines: list[list[Cell]] = [[row.name, interval(row.value, row.low, row.high, 3)] for row in rows]
        head = ["measure", "value [95 % interval]"]
        tables.append(Table(head, lines, "All patients.", "concordance", numbers=plotted("concordance", rows)))
    if groups := evaluation.risk_groups:
        test = evaluation.log_rank[0] if evaluation.log_rank else None
        said = "" if test is None else f" Log-rank test: chi-squared {test.chi2:.1f}, p {p_value(test.p_value)}."
        caption = f"Kaplan-Meier curves of groups cut at quantiles of the training patients' risks.{said}"
        curves = evaluation.risk_group_curves
        numbers = [plotted("risk_group_curves", curves)]
        shown.append(Illustration(draw_survival_groups(curves, log_rank=test), caption, numbers))
        head = ["group", "patients", "events", "events if all were alike", "median months [95 % interval]"]
        lines = [
            [r.group, r.patients, r.events, r.expected_events, months_interval(r.median, r.median_low, r.median_high)]
            for r in groups
        ]
        tables.append(Table(head, lines, "Risk groups.", "risk_groups", numbers=plotted("risk_groups", groups)))
        tables.append(_cuts(evaluation))
    return Section("Order of the patients", illustrations=shown, tables=tables, absent=evaluation.notes)


def _cuts(evaluation: Evaluation) -> Table:
    """Where the risk groups of each fold begin."""
    rows = evaluation.cuts
    lines: list[list[Cell]] = [[r.fold, r.number, decimals(r.log_hazard, 3)] for r in rows]
    head = ["part", "cut", "log hazard"]
    caption = "Cut-offs: quantiles of the risks of the training patients alone."
    return Table(head, lines, caption, "risk_cuts", numbers=plotted("risk_cuts", rows))


def _survival(evaluation: Evaluation) -> list[Section]:
    """Accuracy over time, calibration and use of predicted survival; nothing where none was predicted."""
    if not evaluation.accuracy:
        return []
    return [_over_time(evaluation), _calibration(evaluation)]


def _over_time(evaluation: Evaluation) -> Section:
    """AUC and Brier score at each horizon."""
    rows = evaluation.accuracy
    named = {"model": rows}
    whole = dict(zip(named, evaluation.integrated_brier, strict=False))
    lines: list[list[Cell]] = [
        [
            months(r.days),
            r.at_risk,
            r.events,
            interval(r.auc, r.auc_low, r.auc_high),
            interval(r.brier, r.brier_low, r.brier_high, 3),
            decimals(r.null_brier, 3),
            interval(r.scaled_brier, r.scaled_low, r.scaled_high),
        ]
        for r in rows
    ]
    head = ["months", "at risk", "events", "AUC [95 %]", "Brier score [95 %]", "without model", "scaled Brier [95 %]"]
    tables = [Table(head, lines, "Intervals: bootstrap over patients.", "accuracy", numbers=plotted("accuracy", rows))]
    for each in evaluation.integrated_brier:
        span = f"Integrated Brier score, {months(each.first_day)} to {months(each.last_day)} months"
        cells: list[Cell] = [
            interval(each.brier, each.brier_low, each.brier_high, 3),
            decimals(each.null_brier, 3),
            interval(each.scaled_brier, each.scaled_low, each.scaled_high),
        ]
        head = ["model [95 %]", "without model", "scaled [95 %]"]
        numbers = plotted("integrated_brier", evaluation.integrated_brier)
        tables.append(
            Table(
                head, [cells], f"{span}; lower is better, scaled higher is better.", "integrated_brier", numbers=numbers
            )
        )
    return Section(
        "Predicted survival over time",
        "Survival follows from the log hazard and the baseline hazard of the training patients.",
        [
            Illustration(draw_auc_over_time(named), "How well predicted survival tells who has the event by then."),
            Illustration(draw_brier_rows(named, integrated=whole), "Mean squared error of predicted survival."),
        ],
        tables,
    )


def _calibration(evaluation: Evaluation) -> Section:
    """Whether as many patients have the event as predicted, and what deciding by it would bring."""
    shown, tables = [], []
    if rows := evaluation.calibration:
        curve, groups = evaluation.calibration_curve, evaluation.calibration_groups
        numbers = [plotted(f"calibration_{n}", part) for n, part in (("curve", curve), ("groups", groups)) if part]
        figure = draw_calibration(curve, groups, rows)
        shown.append(Illustration(figure, "Predicted against observed risk; on the diagonal both agree.", numbers))
        head = [
            "months",
            "patients",
            "events",
            "predicted",
            "observed [95 %]",
            "observed / predicted [95 %]",
            "slope [95 %]",
        ]
        lines: list[list[Cell]] = [
            [
                months(r.days),
                r.patients,
                r.events,
                r.expected,
                interval(r.observed, r.observed_low, r.observed_high),
                interval(r.ratio, r.ratio_low, r.ratio_high),
                interval(r.slope, r.slope_low, r.slope_high),
            ]
            for r in rows
        ]
        caption = "1 is ideal for ratio and slope; a slope below 1 means that predictions are too far apart."
        tables.append(Table(head, lines, caption, "calibration", numbers=plotted("calibration", rows)))
    if curve_rows := evaluation.decision_curve:
        caption = "Net benefit of treating whom the model puts above a threshold, against treating all or nobody."
        numbers = [plotted("decision_curve", curve_rows)]
        shown.append(Illustration(draw_decision_curve(curve_rows), caption, numbers))
    return Section("Calibration and net benefit", illustrations=shown, tables=tables)


def _checks(evaluation: Evaluation) -> Section:
    """What the numbers above rest on."""
    shown, tables = [], []
    tests = evaluation.proportional_hazards
    if evaluation.schoenfeld and tests:
        caption = "A line that is not level means that the risk counts more early or late than assumed."
        numbers = [plotted("schoenfeld", evaluation.schoenfeld)]
        shown.append(Illustration(draw_proportional_hazards(evaluation.schoenfeld, tests), caption, numbers))
        lines: list[list[Cell]] = [[r.name, r.chi2, r.degrees_of_freedom, p_value(r.p_value)] for r in tests]
        name = "proportional_hazards"
        head = ["covariate", "chi-squared", "degrees of freedom", "p"]
        tables.append(Table(head, lines, "Test of proportional hazards.", name, numbers=plotted(name, tests)))
    for check in evaluation.coverage:
        said = "as they should" if check.passed else "too rarely: read the intervals of this report with care"
        lines = [[check.runs, check.covered, check.mean_index, said]]
        head = ["permutations", "intervals that held 0.5", "mean index", "verdict"]
        caption = "Self-check: on permuted outcomes nine of ten intervals of the C-index must hold 0.5."
        tables.append(Table(head, lines, caption, "coverage", numbers=plotted("coverage", [check])))
    if horizons := evaluation.horizons:
        left_out = [row for row in horizons if not row.kept]
        lines = [[months(r.days), r.at_risk, r.events, r.reason] for r in left_out]
        if lines:
            head = ["months", "at risk", "events", "why it was left out"]
            numbers_of = plotted("horizons", horizons)
            tables.append(
                Table(head, lines, "Horizons that follow-up does not carry.", "horizons", shown=5, numbers=numbers_of)
            )
    return Section("Checks", illustrations=shown, tables=tables)
