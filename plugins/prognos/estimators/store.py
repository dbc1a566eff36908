"""Fitted models in safetensors files: plain tensors, and their settings as JSON in the header.

A file names kinds of models from a list of this module, never a class or a module, so that reading one runs nothing of
what it holds. The same model always gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from prognos.estimators.baseline_hazard import BaselineHazard
from prognos.estimators.clinical import ClinicalModel, ClinicalPreprocessor
from prognos.estimators.cox_ph import CoxPH
from prognos.estimators.fusion import LateFusion
from prognos.estimators.latent import LatentModel
from prognos.estimators.network_model import NetworkModel
from prognos.files import written_whole
from prognos.networks.nets.deep_surv import DeepSurv

__all__ = ["load_model", "require_generator", "save_model", "stored_generator"]

HEADER = "prognos.estimators"
"""Name of the one entry in the header of the file."""

VERSION = 1

Tensors = dict[str, np.ndarray[Any, Any]]


class State(NamedTuple):
    """A model taken apart."""

    kind: str
    tensors: Tensors
    settings: dict[str, Any]
    parts: dict[str, Any]


def save_model(path: str | Path, model: Any, *, generator: str | None = None) -> None:
    """Write a fitted model.

    Args:
        path: file to write, usually ``*.safetensors``; replaced whole.
        model: ``CoxPH``, ``BaselineHazard``, ``DeepSurv`` (fitted by its estimator), ``ClinicalPreprocessor``,
            ``ClinicalModel``, ``LatentModel`` or ``LateFusion``.
        generator: fingerprint of the generator whose latents the model was fitted to, as in the header of their table;
            None for other features.

    Raises:
        ValueError: when the model is of another kind, or a network in it is not fitted.
    """
    tensors: Tensors = {}
    tree = _pack(model, "", tensors)
    header = json.dumps({"version": VERSION, "generator": generator, "model": tree}, sort_keys=True)
    with written_whole(path) as temporary:
        temporary.write_bytes(save(dict(sorted(tensors.items())), metadata={HEADER: header}))


def load_model(path: str | Path, *, generator: str | None = None) -> Any:
    """Read a fitted model.

    Args:
        path: file that :func:`save_model` wrote.
        generator: fingerprint of the generator of the latents that the model shall read now; None where there is none,
            as for clinical columns or embeddings of the user's own.

    Returns:
        The model. A ``DeepSurvEstimator`` comes back as a ``NetworkModel``, which predicts and cannot be fitted.

    Raises:
        ValueError: when the file is not such a model or is damaged, or when it was fitted to latents of another
            generator.
        FileNotFoundError: when ``path`` does not exist.
    """
    header, tensors = _read(Path(path))
    require_generator(header.get("generator"), generator, Path(path).name)
    try:
        return _unpack(header["model"], "", tensors)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ValueError(f"{path}: not a whole model of prognos ({error}). Save it again.") from error


def stored_generator(path: str | Path) -> str | None:
    """Fingerprint of the generator that a stored model belongs to, or None.

    Raises:
        ValueError: when the file is not a stored model.
        FileNotFoundError: when ``path`` does not exist.
    """
    generator = _read(Path(path))[0].get("generator")
    return None if generator is None else str(generator)


def require_generator(fitted: str | None, given: str | None, name: str = "the model") -> None:
    """Refuse to read latents of one generator with coefficients fitted to those of another.

    Args:
        fitted: fingerprint of the generator whose latents the model was fitted to; None when it names none.
        given: fingerprint of the generator of the latents at hand; None when they name none.
        name: of the model, for the message.

    Raises:
        ValueError: when the two differ, or only one of them names a generator.
    """
    if fitted == given:
        return
    ours, theirs = (f"the generator {text[:12]}..." if text else "no generator" for text in (fitted, given))
    raise ValueError(
        f"{name} was fitted to latents of {ours}, the latents at hand come from {theirs}: the same numbers mean other "
        f"faces there. Embed the photos with the generator of the model, or fit the model again."
    )


def _read(path: Path) -> tuple[dict[str, Any], Tensors]:
    """Header and tensors of a file."""
    if not path.is_file():
        raise FileNotFoundError(f"no fitted model at {path}.")
    try:
        with safe_open(str(path), framework="numpy") as file:
            header = json.loads((file.metadata() or {})[HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise ValueError(f"{path}: not a fitted model of prognos, or cut off ({type(error).__name__}).") from error
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise ValueError(f"{path}: written by another version of prognos; expected version {VERSION}.")
    return header, tensors


def _pack(model: Any, prefix: str, tensors: Tensors) -> dict[str, Any]:
    """Description of a model; its tensors go to ``tensors`` under names that begin with ``prefix``."""
    for kind, take in TAKE.items():
        if isinstance(model, kind):
            state = take(model)
            break
    else:
        raise ValueError(f"cannot save {type(model).__name__}; expected one of {', '.join(k.__name__ for k in TAKE)}.")
    for name, tensor in state.tensors.items():
        tensors[prefix + name] = np.ascontiguousarray(tensor)
    parts = {name: _pack(part, f"{prefix}{name}.", tensors) for name, part in state.parts.items()}
    return {"kind": state.kind, "settings": state.settings, "parts": parts, "order": list(parts)}


def _unpack(tree: Mapping[str, Any], prefix: str, tensors: Tensors) -> Any:
    """Inverse of :func:`_pack`."""
    kind = tree["kind"]
    if kind not in MAKE:
        raise ValueError(f"it holds a model of the kind {kind!r}; this version knows {', '.join(MAKE)}")
    parts = {name: _unpack(tree["parts"][name], f"{prefix}{name}.", tensors) for name in tree["order"]}
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return MAKE[kind](State(kind, own, dict(tree["settings"]), parts))


def _take_cox(model: CoxPH) -> State:
    names = ("penalty", "l1_ratio", "ties", "folds", "penalties", "seed")
    settings = {name: getattr(model, name) for name in names}
    fitted = ("coefficients", "mean", "scale", "tried")
    tensors = {name: getattr(model, name) for name in fitted} | {"chosen": np.array([model.chosen])}
    return State("CoxPH", tensors, settings, {})


def _make_cox(state: State) -> CoxPH:
    model = CoxPH(**state.settings)
    for name in ("coefficients", "mean", "scale", "tried"):
        setattr(model, name, state.tensors[name])
    model.chosen = float(state.tensors["chosen"][0])
    return model


def _take_baseline(model: BaselineHazard) -> State:
    tensors = {name: getattr(model, name) for name in ("time", "cumulative", "owner", "last")}
    return State("BaselineHazard", tensors, {"ties": model.ties, "strata": model.strata}, {})


def _make_baseline(state: State) -> BaselineHazard:
    model = BaselineHazard(state.settings["ties"])
    model.strata = list(state.settings["strata"])
    for name in ("time", "cumulative", "owner", "last"):
        setattr(model, name, state.tensors[name])
    return model


def _take_network(model: NetworkModel) -> State:
    if model.network is None:
        raise ValueError("cannot save a network that is not fitted; call fit first.")
    tensors = {name: tensor.detach().cpu().numpy() for name, tensor in model.network.state_dict().items()}
    return State("DeepSurv", tensors, dict(model.network.settings), {})


def _make_network(state: State) -> NetworkModel:
    network = DeepSurv(**state.settings)
    network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in state.tensors.items()})
    return NetworkModel.of(network.eval())


LEARNED = ("median", "mean", "scale", "levels", "indicated", "names")
"""What a clinical preprocessor learns; numbers and texts, all of them JSON."""


def _take_preprocessor(model: ClinicalPreprocessor) -> State:
    settings = {name: getattr(model, name) for name in ("numeric", "categorical", "indicate_missing", *LEARNED)}
    return State("ClinicalPreprocessor", {}, settings, {})


def _make_preprocessor(state: State) -> ClinicalPreprocessor:
    learned = {name: state.settings.pop(name) for name in LEARNED}
    model = ClinicalPreprocessor(**state.settings)
    for name, value in learned.items():
        setattr(model, name, value)
    return model


def _take_clinical(model: ClinicalModel) -> State:
    return State("ClinicalModel", {}, {}, {"preprocessor": model.preprocessor, "model": model.model})


def _take_latent(model: LatentModel) -> State:
    return State("LatentModel", {}, {"prefix": model.prefix}, {"model": model.model})


def _take_fusion(model: LateFusion) -> State:
    settings = {"folds": model.folds, "seed": model.seed, "models": list(model.models)}
    # The scores are those of the training patients: they stay out of a file that leaves the house.
    parts = {f"models.{name}": part for name, part in model.models.items()}
    return State("LateFusion", {}, settings, {"fusion": model.fusion, "baseline": model.baseline, **parts})


def _make_fusion(state: State) -> LateFusion:
    models = {name: state.parts[f"models.{name}"] for name in state.settings.pop("models")}
    model = LateFusion(models, state.parts["fusion"], **state.settings)
    model.baseline = state.parts["baseline"]
    return model


TAKE: dict[type, Callable[[Any], State]] = {
    CoxPH: _take_cox,
    BaselineHazard: _take_baseline,
    NetworkModel: _take_network,
    ClinicalPreprocessor: _take_preprocessor,
    ClinicalModel: _take_clinical,
    LatentModel: _take_latent,
    LateFusion: _take_fusion,
}

MAKE: dict[str, Callable[[State], Any]] = {
    "CoxPH": _make_cox,
    "BaselineHazard": _make_baseline,
    "DeepSurv": _make_network,
    "ClinicalPreprocessor": _make_preprocessor,
    "ClinicalModel": lambda state: ClinicalModel(state.parts["preprocessor"], state.parts["model"]),
    "LatentModel": lambda state: LatentModel(state.parts["model"], **state.settings),
    "LateFusion": _make_fusion,
}
