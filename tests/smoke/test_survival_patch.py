"""The patches of docs/how-to/add-survival-to-a-bundle.md turn a stock classification bundle into a survival bundle."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "add-survival-to-a-bundle.md"
PATCHES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)]

SIZE = 16


def write_bundle(folder: Path, dimensions: int) -> Path:
    """A classifier of two classes as in the model zoo, with 24 drawn images; returns its train.json."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(24):
        time = float(generator.exponential(300.0)) + 1.0
        image = generator.normal(size=(SIZE,) * dimensions) - time / 300.0
        np.save(folder / f"{number}.npy", image.astype(np.float32))
        event = int(number % 3 != 0)
        rows.append({"image": str(folder / f"{number}.npy"), "label": number % 2, "time": time, "event": event})
    load = [
        {"_target_": "LoadImaged", "keys": "image", "ensure_channel_first": True},
        {"_target_": "EnsureTyped", "keys": ["image", "label"]},
    ]
    discrete = {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {"_target_": "AsDiscreted", "keys": ["pred", "label"], "argmax": [True, False], "to_onehot": 2},
        ],
    }
    accuracy = {
        "_target_": "ignite.metrics.Accuracy",
        "output_transform": "$monai.handlers.from_engine(['pred','label'])",
    }
    config: dict[str, Any] = {
        "imports": ["$import monai.handlers"],
        "bundle_root": str(folder),
        "dataset_dir": str(folder),
        "device": "$torch.device('cpu')",
        "network_def": {
            "_target_": "DenseNet",
            "spatial_dims": dimensions,
            "in_channels": 1,
            "out_channels": 2,
            "init_features": 4,
            "growth_rate": 4,
            "block_config": [1, 1],
            "norm": "instance",
        },
        "network": "$@network_def.to(@device)",
        "loss": {"_target_": "torch.nn.CrossEntropyLoss"},
        "optimizer": {"_target_": "torch.optim.Adam", "params": "$@network.parameters()", "lr": 0.01},
        "train": {
            "preprocessing": {"_target_": "Compose", "transforms": load},
            "dataset": {"_target_": "Dataset", "data": rows, "transform": "@train#preprocessing"},
            "dataloader": {"_target_": "DataLoader", "dataset": "@train#dataset", "batch_size": 2, "shuffle": True},
            "inferer": {"_target_": "SimpleInferer"},
            "postprocessing": discrete,
            "key_metric": {"train_accuracy": accuracy},
            "handlers": [
                {
                    "_target_": "ValidationHandler",
                    "validator": "@validate#evaluator",
                    "interval": 1,
                    "epoch_level": True,
                }
            ],
            "trainer": {
                "_target_": "SupervisedTrainer",
                "max_epochs": 2,
                "device": "@device",
                "train_data_loader": "@train#dataloader",
                "network": "@network",
                "loss_function": "@loss",
                "optimizer": "@optimizer",
                "inferer": "@train#inferer",
                "postprocessing": "@train#postprocessing",
                "key_train_metric": "@train#key_metric",
                "train_handlers": "@train#handlers",
            },
        },
        "validate": {
            "preprocessing": {"_target_": "Compose", "transforms": load},
            "dataset": {"_target_": "Dataset", "data": rows, "transform": "@validate#preprocessing"},
            "dataloader": {"_target_": "DataLoader", "dataset": "@validate#dataset", "batch_size": 5},
            "inferer": {"_target_": "SimpleInferer"},
            "postprocessing": discrete,
            "key_metric": {"val_accuracy": accuracy},
            "additional_metrics": None,
            "evaluator": {
                "_target_": "SupervisedEvaluator",
                "device": "@device",
                "val_data_loader": "@validate#dataloader",
                "network": "@network",
                "inferer": "@validate#inferer",
                "postprocessing": "@validate#postprocessing",
                "key_val_metric": "@validate#key_metric",
                "additional_metrics": "@validate#additional_metrics",
            },
        },
        "initialize": ["$monai.utils.set_determinism(seed=0)"],
        "run": ["$@train#trainer.run()"],
    }
    path = folder / "train.json"
    path.write_text(json.dumps(config))
    return path


@pytest.mark.parametrize(("dimensions", "patches"), [(2, PATCHES[:1]), (3, PATCHES)], ids=["2d", "3d_in_chunks"])
def test_patched_classification_bundle_trains_a_survival_model(
    dimensions: int, patches: list[dict[str, Any]], tmp_path: Path
) -> None:
    files = [str(write_bundle(tmp_path, dimensions))]
    for number, patch in enumerate(patches):
        files.append(str(tmp_path / f"patch_{number}.json"))
        Path(files[-1]).write_text(json.dumps(patch))
    workflow = ConfigWorkflow(config_file=files, workflow_type="train", logging_file=False)
    workflow.initialize()
    before = [parameter.clone() for parameter in workflow.network_def.parameters()]
    workflow.run()
    metrics = workflow.parser.get_parsed_content("validate#evaluator").state.metrics
    assert 0.0 <= metrics["val_c_index"] <= 1.0
    assert metrics["val_c_index_patients"] == 24
    assert metrics["val_c_index_events"] == 16
    assert np.isfinite([metrics["val_c_index_se"], metrics["val_cox_loss"]]).all()
    assert "train_c_index" in workflow.trainer.state.metrics
    assert any(not torch.equal(old, new) for old, new in zip(before, workflow.network_def.parameters(), strict=True))


def test_unpatched_bundle_is_a_classifier(tmp_path: Path) -> None:
    files = str(write_bundle(tmp_path, 2))
    workflow = ConfigWorkflow(config_file=files, workflow_type="train", logging_file=False)
    workflow.initialize()
    workflow.run()
    assert set(workflow.trainer.state.metrics) == {"train_accuracy"}


def test_patch_is_about_fifteen_lines() -> None:
    text = re.search(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    assert len(text.group(1).splitlines()) <= 16
