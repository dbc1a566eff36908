"""What TRIPOD+AI asks of a prognosis study, beside what a run knows of it.

The statement has 27 items, many of them in parts. Their wording here is ours and short; authors cite the statement.

Source:
    Collins et al. 2024, "TRIPOD+AI statement: updated guidance for reporting clinical prediction models that use
    regression or machine learning methods", BMJ 385:e078378.
"""

from __future__ import annotations

from collections.abc import Mapping

from prognos.visualize.report.parts import Table

__all__ = ["ITEMS", "NOT_REPORTED", "checklist_table", "require_items"]

NOT_REPORTED = "not reported"
"""What stands where neither the run nor the config said anything."""

ITEMS: Mapping[str, tuple[str, str]] = {
    "1": ("Title", "developed or evaluated, target population, outcome"),
    "2": ("Abstract", "structured summary"),
    "3a": ("Background", "health-care context and rationale"),
    "3b": ("Background", "target population, intended purpose and users"),
    "3c": ("Background", "known inequalities between groups"),
    "4": ("Objectives", "development, evaluation or both"),
    "5a": ("Data", "sources, and why they represent the target population"),
    "5b": ("Data", "dates of recruitment and of the end of follow-up"),
    "6a": ("Participants", "setting, number and place of centres"),
    "6b": ("Participants", "eligibility"),
    "6c": ("Participants", "treatments and how they were handled"),
    "7": ("Data preparation", "pre-processing and quality checks, alike in all groups"),
    "8a": ("Outcome", "definition, horizon, how and when it was assessed"),
    "8b": ("Outcome", "who assessed it, where judgement was needed"),
    "8c": ("Outcome", "blinding of the assessment"),
    "9a": ("Predictors", "choice before modelling"),
    "9b": ("Predictors", "definition, how and when they were measured"),
    "9c": ("Predictors", "who measured them, where judgement was needed"),
    "10": ("Sample size", "how it was arrived at"),
    "11": ("Missing data", "how they were handled"),
    "12a": ("Analysis", "use of the data: development and evaluation parts"),
    "12b": ("Analysis", "handling of predictors: form, scaling, transformations"),
    "12c": ("Analysis", "type of model, building, settings, internal validation"),
    "12d": ("Analysis", "differences between clusters such as centres"),
    "12e": ("Analysis", "measures and plots of performance"),
    "12f": ("Analysis", "updating of the model"),
    "12g": ("Analysis", "how predictions were made where the model was evaluated"),
    "13": ("Class imbalance", "methods, and recalibration after them"),
    "14": ("Fairness", "what was done for it"),
    "15": ("Model output", "what is predicted, and how thresholds were chosen"),
    "16": ("Training against evaluation", "differences in setting, eligibility, outcome, predictors"),
    "17": ("Ethics", "approval and consent"),
    "18a": ("Open science", "funding"),
    "18b": ("Open science", "conflicts of interest"),
    "18c": ("Open science", "protocol"),
    "18d": ("Open science", "registration"),
    "18e": ("Open science", "where the data are"),
    "18f": ("Open science", "where the code is"),
    "19": ("Patients and public", "their involvement"),
    "20a": ("Participants", "flow, numbers with and without the event, follow-up"),
    "20b": ("Participants", "characteristics, missing values"),
    "20c": ("Participants", "evaluation data beside development data"),
    "21": ("Model development", "participants and events in each analysis"),
    "22": ("Model", "all that others need to predict: weights, code, format"),
    "23a": ("Performance", "estimates with intervals, also in key groups"),
    "23b": ("Performance", "differences between clusters"),
    "24": ("Model updating", "results"),
    "25": ("Interpretation", "overall, with fairness and earlier studies"),
    "26": ("Limitations", "and their effect on bias and generalisation"),
    "27a": ("Usability", "poor or missing input when the model is used"),
    "27b": ("Usability", "who interacts with it, and what they must know"),
    "27c": ("Usability", "next steps, applicability"),
}
"""Items of the statement: part of the article, and what is asked."""


def require_items(answers: Mapping[str, str]) -> None:
    """Refuse answers to items that do not exist.

    Raises:
        ValueError: when a key is no item of the statement.
    """
    if unknown := sorted(set(answers) - set(ITEMS)):
        raise ValueError(f"no item {', '.join(map(repr, unknown))} in TRIPOD+AI; the items are {', '.join(ITEMS)}.")


def checklist_table(answers: Mapping[str, str]) -> Table:
    """The items with what is known of each.

    Args:
        answers: text by item; an item without one is :data:`NOT_REPORTED`.

    Raises:
        ValueError: when a key is no item of the statement.
    """
    require_items(answers)
    rows = [[item, f"{part}: {asked}", answers.get(item) or NOT_REPORTED] for item, (part, asked) in ITEMS.items()]
    known = sum(bool(answers.get(item)) for item in ITEMS)
    caption = f"{known} of {len(ITEMS)} items are answered by this run and its config; the rest is for the authors."
    return Table(["item", "asks for", "here"], rows, caption, name="tripod_ai")
