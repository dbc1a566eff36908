"""What is fitted in one piece to a table: Cox regression, baseline hazard, clinical columns, fusion, attributes."""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports

if TYPE_CHECKING:
    from prognos.estimators.attribute_model import KEPT, RANDOM, AttributeModel, fit_attributes, plan_sweeps
    from prognos.estimators.attributes import (
        AttributeDirection,
        LatentOrigin,
        health_direction,
        project_out,
        random_displacements,
        regressed_direction,
    )
    from prognos.estimators.baseline_hazard import BaselineHazard
    from prognos.estimators.clinical import ClinicalModel, ClinicalPreprocessor
    from prognos.estimators.comparison import ModelComparison, cross_validate, join_latents
    from prognos.estimators.comparison_summary import summarise_comparison
    from prognos.estimators.cox_ph import CoxPH
    from prognos.estimators.direction_file import describe_direction, load_directions, save_directions
    from prognos.estimators.fusion import LateFusion
    from prognos.estimators.latent import LatentModel
    from prognos.estimators.network_model import NetworkModel, cox_network
    from prognos.estimators.photo_embedder import PhotoEmbedder
    from prognos.estimators.photo_measure import Measured, PhotoMeasure
    from prognos.estimators.protocol import SurvivalModel
    from prognos.estimators.ridge import RidgeFit, fit_ridge
    from prognos.estimators.risk_network import fit_risk_network
    from prognos.estimators.store import load_model, require_generator, save_model, stored_generator

__all__ = [
    "KEPT",
    "RANDOM",
    "AttributeDirection",
    "AttributeModel",
    "BaselineHazard",
    "ClinicalModel",
    "ClinicalPreprocessor",
    "CoxPH",
    "LateFusion",
    "LatentModel",
    "LatentOrigin",
    "Measured",
    "ModelComparison",
    "NetworkModel",
    "PhotoEmbedder",
    "PhotoMeasure",
    "RidgeFit",
    "SurvivalModel",
    "cox_network",
    "cross_validate",
    "describe_direction",
    "fit_attributes",
    "fit_ridge",
    "fit_risk_network",
    "health_direction",
    "join_latents",
    "load_directions",
    "load_model",
    "plan_sweeps",
    "project_out",
    "random_displacements",
    "regressed_direction",
    "require_generator",
    "save_directions",
    "save_model",
    "stored_generator",
    "summarise_comparison",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "KEPT": "attribute_model",
        "RANDOM": "attribute_model",
        "AttributeDirection": "attributes",
        "AttributeModel": "attribute_model",
        "BaselineHazard": "baseline_hazard",
        "ClinicalModel": "clinical",
        "ClinicalPreprocessor": "clinical",
        "CoxPH": "cox_ph",
        "LateFusion": "fusion",
        "LatentModel": "latent",
        "LatentOrigin": "attributes",
        "Measured": "photo_measure",
        "ModelComparison": "comparison",
        "NetworkModel": "network_model",
        "PhotoEmbedder": "photo_embedder",
        "PhotoMeasure": "photo_measure",
        "RidgeFit": "ridge",
        "SurvivalModel": "protocol",
        "cox_network": "network_model",
        "cross_validate": "comparison",
        "describe_direction": "direction_file",
        "fit_attributes": "attribute_model",
        "fit_ridge": "ridge",
        "fit_risk_network": "risk_network",
        "health_direction": "attributes",
        "join_latents": "comparison",
        "load_directions": "direction_file",
        "load_model": "store",
        "plan_sweeps": "attribute_model",
        "project_out": "attributes",
        "random_displacements": "attributes",
        "regressed_direction": "attributes",
        "require_generator": "store",
        "save_directions": "direction_file",
        "save_model": "store",
        "stored_generator": "store",
        "summarise_comparison": "comparison_summary",
    },
)
