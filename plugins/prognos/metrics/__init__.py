"""What number describes a whole epoch.

The functions need numpy and torch alone. The metric classes extend MONAI's and are imported at first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports
from prognos.metrics.auc import time_dependent_auc
from prognos.metrics.brier import brier_score, integrated_brier_score
from prognos.metrics.comparison import ComparedModel, compare_models
from prognos.metrics.concordance import (
    concordance_difference,
    concordance_index,
    concordance_interval,
    uno_concordance_index,
)

if TYPE_CHECKING:
    from prognos.metrics.accuracy import (
        AccuracyRow,
        IntegratedBrier,
        accuracy_over_time,
        null_brier_score,
        scaled_brier_score,
    )
    from prognos.metrics.calibration import (
        CalibrationGroup,
        CalibrationPoint,
        CalibrationRow,
        calibrate,
        calibration_curve,
        calibration_groups,
        calibration_slope,
    )
    from prognos.metrics.cohort_summary import MissingRow, TableOneRow, arrange_table_one, missingness, table_one
    from prognos.metrics.concordance_metric import ConcordanceEstimate, ConcordanceIndexMetric
    from prognos.metrics.cox_loss import CoxLossMetric
    from prognos.metrics.cox_regression import CoxFit, fit_cox
    from prognos.metrics.decision_curve import NetBenefitRow, net_benefit
    from prognos.metrics.evaluation import Evaluation, IndexRow, TrainingPart, evaluate_predictions
    from prognos.metrics.follow_up import FollowUp, HorizonRow, choose_horizons, describe_follow_up
    from prognos.metrics.frechet import FrechetDistanceMetric, frechet_distance
    from prognos.metrics.interval_coverage import IntervalCoverage, check_interval_coverage
    from prognos.metrics.latent_cosine import LatentCosineMetric
    from prognos.metrics.lesion_effects import (
        LesionEffect,
        ReaderAgreement,
        growth_effects,
        margin_effects,
        one_row_a_lesion,
        organ_effects,
        reader_agreement,
    )
    from prognos.metrics.log_rank import LogRank, log_rank_test
    from prognos.metrics.proportional_hazards import (
        ProportionalHazardsRow,
        SchoenfeldPoint,
        check_proportional_hazards,
        schoenfeld_residuals,
    )
    from prognos.metrics.resampling import percentile_interval, resample_patients
    from prognos.metrics.risk_groups import (
        CutRow,
        RiskGroupRow,
        assign_risk_groups,
        describe_risk_groups,
        risk_cuts,
        risk_groups_by_fold,
    )
    from prognos.metrics.subgroup_summary import SubgroupRow, age_bands, subgroup_table
    from prognos.metrics.survival_curve import KaplanMeier, SurvivalPoint, kaplan_meier, survival_by_group
from prognos.metrics.edit_checks import EditChecks, HeldChecks, SweepValues, change_ratio, check_edit
from prognos.metrics.editing import (
    RandomComparison,
    SideEffect,
    compare_with_random,
    identity_distance,
    other_person_distance,
    share_of_monotone_sweeps,
    side_effects,
    sweep_correlation,
    sweep_slope,
)
from prognos.metrics.icc import IntraclassCorrelation, intraclass_correlation
from prognos.metrics.mixed_model import Effect, RandomInterceptModel, fit_random_intercept
from prognos.metrics.region_change import region_change
from prognos.metrics.saliency import RegionShare, exchange_share, saliency_by_region
from prognos.metrics.subgroups import GroupConcordance, concordance_by_group

__all__ = [
    "AccuracyRow",
    "CalibrationGroup",
    "CalibrationPoint",
    "CalibrationRow",
    "ComparedModel",
    "ConcordanceEstimate",
    "ConcordanceIndexMetric",
    "CoxFit",
    "CoxLossMetric",
    "CutRow",
    "EditChecks",
    "Effect",
    "Evaluation",
    "FollowUp",
    "FrechetDistanceMetric",
    "GroupConcordance",
    "HeldChecks",
    "HorizonRow",
    "IndexRow",
    "IntegratedBrier",
    "IntervalCoverage",
    "IntraclassCorrelation",
    "KaplanMeier",
    "LatentCosineMetric",
    "LesionEffect",
    "LogRank",
    "MissingRow",
    "NetBenefitRow",
    "ProportionalHazardsRow",
    "RandomComparison",
    "RandomInterceptModel",
    "ReaderAgreement",
    "RegionShare",
    "RiskGroupRow",
    "SchoenfeldPoint",
    "SideEffect",
    "SubgroupRow",
    "SurvivalPoint",
    "SweepValues",
    "TableOneRow",
    "TrainingPart",
    "accuracy_over_time",
    "age_bands",
    "arrange_table_one",
    "assign_risk_groups",
    "brier_score",
    "calibrate",
    "calibration_curve",
    "calibration_groups",
    "calibration_slope",
    "change_ratio",
    "check_edit",
    "check_interval_coverage",
    "check_proportional_hazards",
    "choose_horizons",
    "compare_models",
    "compare_with_random",
    "concordance_by_group",
    "concordance_difference",
    "concordance_index",
    "concordance_interval",
    "describe_follow_up",
    "describe_risk_groups",
    "evaluate_predictions",
    "exchange_share",
    "fit_cox",
    "fit_random_intercept",
    "frechet_distance",
    "growth_effects",
    "identity_distance",
    "integrated_brier_score",
    "intraclass_correlation",
    "kaplan_meier",
    "log_rank_test",
    "margin_effects",
    "missingness",
    "net_benefit",
    "null_brier_score",
    "one_row_a_lesion",
    "organ_effects",
    "other_person_distance",
    "percentile_interval",
    "reader_agreement",
    "region_change",
    "resample_patients",
    "risk_cuts",
    "risk_groups_by_fold",
    "saliency_by_region",
    "scaled_brier_score",
    "schoenfeld_residuals",
    "share_of_monotone_sweeps",
    "side_effects",
    "subgroup_table",
    "survival_by_group",
    "sweep_correlation",
    "sweep_slope",
    "table_one",
    "time_dependent_auc",
    "uno_concordance_index",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "AccuracyRow": "accuracy",
        "CalibrationGroup": "calibration",
        "CalibrationPoint": "calibration",
        "CalibrationRow": "calibration",
        "ConcordanceEstimate": "concordance_metric",
        "ConcordanceIndexMetric": "concordance_metric",
        "CoxFit": "cox_regression",
        "CoxLossMetric": "cox_loss",
        "CutRow": "risk_groups",
        "Evaluation": "evaluation",
        "FollowUp": "follow_up",
        "FrechetDistanceMetric": "frechet",
        "HorizonRow": "follow_up",
        "IndexRow": "evaluation",
        "IntegratedBrier": "accuracy",
        "IntervalCoverage": "interval_coverage",
        "KaplanMeier": "survival_curve",
        "LatentCosineMetric": "latent_cosine",
        "LesionEffect": "lesion_effects",
        "LogRank": "log_rank",
        "MissingRow": "cohort_summary",
        "NetBenefitRow": "decision_curve",
        "ProportionalHazardsRow": "proportional_hazards",
        "ReaderAgreement": "lesion_effects",
        "RiskGroupRow": "risk_groups",
        "SchoenfeldPoint": "proportional_hazards",
        "SubgroupRow": "subgroup_summary",
        "SurvivalPoint": "survival_curve",
        "TableOneRow": "cohort_summary",
        "TrainingPart": "evaluation",
        "accuracy_over_time": "accuracy",
        "age_bands": "subgroup_summary",
        "arrange_table_one": "cohort_summary",
        "assign_risk_groups": "risk_groups",
        "calibrate": "calibration",
        "calibration_curve": "calibration",
        "calibration_groups": "calibration",
        "calibration_slope": "calibration",
        "check_interval_coverage": "interval_coverage",
        "check_proportional_hazards": "proportional_hazards",
        "choose_horizons": "follow_up",
        "describe_follow_up": "follow_up",
        "describe_risk_groups": "risk_groups",
        "evaluate_predictions": "evaluation",
        "fit_cox": "cox_regression",
        "frechet_distance": "frechet",
        "growth_effects": "lesion_effects",
        "kaplan_meier": "survival_curve",
        "log_rank_test": "log_rank",
        "margin_effects": "lesion_effects",
        "missingness": "cohort_summary",
        "net_benefit": "decision_curve",
        "null_brier_score": "accuracy",
        "one_row_a_lesion": "lesion_effects",
        "organ_effects": "lesion_effects",
        "percentile_interval": "resampling",
        "reader_agreement": "lesion_effects",
        "resample_patients": "resampling",
        "risk_cuts": "risk_groups",
        "risk_groups_by_fold": "risk_groups",
        "scaled_brier_score": "accuracy",
        "schoenfeld_residuals": "proportional_hazards",
        "subgroup_table": "subgroup_summary",
        "survival_by_group": "survival_curve",
        "table_one": "cohort_summary",
    },
)
