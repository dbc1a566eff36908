"""What is fitted in one piece to a table: Cox regression, baseline hazard, clinical columns, fusion, attributes."""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports

if TYPE_CHECKING:
    from prognos.estimators.attribute_model import HELD, KEPT, RANDOM, AttributeModel, fit_attributes, plan_sweeps
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
    from prognos.estimators.held_direction import hold_regions
    from prognos.estimators.latent import LatentModel
    from prognos.estimators.network_model import NetworkModel, cox_network
    from prognos.estimators.photo_embedder import PhotoEmbedder
    from prognos.estimators.photo_measure import Measured, PhotoMeasure
    from prognos.estimators.photo_readers import PhotoReader, fit_photo_readers
    from prognos.estimators.protocol import SurvivalModel
    from prognos.estimators.reference_models import REFERENCE_MODELS, fit_reference, reference_table
    from prognos.estimators.ridge import RidgeFit, fit_ridge
    from prognos.estimators.store import load_model, require_generator, save_model, stored_generator
    from prognos.estimators.training_risks import TrainingRisks, read_training_risks

__all__ = [
    "HELD",
    "KEPT",
    "RANDOM",
    "REFERENCE_MODELS",
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
    "PhotoReader",
    "RidgeFit",
    "SurvivalModel",
    "TrainingRisks",
    "cox_network",
    "cross_validate",
    "describe_direction",
    "fit_attributes",
    "fit_photo_readers",
    "fit_reference",
    "fit_ridge",
    "health_direction",
    "hold_regions",
    "join_latents",
    "load_directions",
    "load_model",
    "plan_sweeps",
    "project_out",
    "random_displacements",
    "read_training_risks",
    "reference_table",
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
        "HELD": "attribute_model",
        "KEPT": "attribute_model",
        "RANDOM": "attribute_model",
        "REFERENCE_MODELS": "reference_models",
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
        "PhotoReader": "photo_readers",
        "RidgeFit": "ridge",
        "SurvivalModel": "protocol",
        "TrainingRisks": "training_risks",
        "cox_network": "network_model",
        "cross_validate": "comparison",
        "describe_direction": "direction_file",
        "fit_attributes": "attribute_model",
        "fit_reference": "reference_models",
        "fit_photo_readers": "photo_readers",
        "fit_ridge": "ridge",
        "health_direction": "attributes",
        "hold_regions": "held_direction",
        "join_latents": "comparison",
        "load_directions": "direction_file",
        "load_model": "store",
        "plan_sweeps": "attribute_model",
        "project_out": "attributes",
        "random_displacements": "attributes",
        "reference_table": "reference_models",
        "read_training_risks": "training_risks",
        "regressed_direction": "attributes",
        "require_generator": "store",
        "save_directions": "direction_file",
        "save_model": "store",
        "stored_generator": "store",
        "summarise_comparison": "comparison_summary",
    },
)
