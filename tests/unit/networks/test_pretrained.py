"""Published ResNet50 weights are read key by key, and the network then computes what it was published to compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from monai.networks.nets import resnet50
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from prognos.networks import CheckpointError, Provenance, name_by_start, read_resnet, start_from_pretrained
from prognos.networks.blocks import GreyToColour

DEPTHS = (3, 4, 6, 3)
PARTS = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
IMAGENET = {"mean": (0.485, 0.456, 0.406), "deviation": (0.229, 0.224, 0.225)}

State = dict[str, torch.Tensor]


def shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of torchvision's ResNet50, from its architecture."""

    def norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for part in ("weight", "bias", "running_mean", "running_var"):
            yield f"{name}.{part}", (width,)
        yield f"{name}.num_batches_tracked", ()

    yield "conv1.weight", (64, 3, 7, 7)
    yield from norm("bn1", 64)
    before = 64
    for number, depth in enumerate(DEPTHS):
        width = 64 * 2**number
        for block in range(depth):
            name = f"layer{number + 1}.{block}"
            for conv, shape in enumerate(
                ((width, before, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1)), start=1
            ):
                yield f"{name}.conv{conv}.weight", shape
                yield from norm(f"{name}.bn{conv}", shape[0])
            if block == 0:
                yield f"{name}.downsample.0.weight", (4 * width, before, 1, 1)
                yield from norm(f"{name}.downsample.1", 4 * width)
            before = 4 * width
    yield "fc.weight", (1000, 2048)
    yield "fc.bias", (1000,)


def forward(state: State, image: torch.Tensor) -> torch.Tensor:
    """ResNet50 without classifier, in torch's functions alone."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        parts = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, *parts, training=False, eps=1e-5)

    x = F.relu(norm(F.conv2d(image, state["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, stride=2, padding=1)
    for number, depth in enumerate(DEPTHS, start=1):
        for block in range(depth):
            name, stride = f"layer{number}.{block}", 2 if number > 1 and block == 0 else 1
            y = F.relu(norm(F.conv2d(x, state[f"{name}.conv1.weight"]), f"{name}.bn1"))
            y = F.relu(norm(F.conv2d(y, state[f"{name}.conv2.weight"], stride=stride, padding=1), f"{name}.bn2"))
            y = norm(F.conv2d(y, state[f"{name}.conv3.weight"]), f"{name}.bn3")
            if block == 0:
                shortcut = F.conv2d(x, state[f"{name}.downsample.0.weight"], stride=stride)
                x = norm(shortcut, f"{name}.downsample.1")
            x = F.relu(x + y)
    return x.mean(dim=(2, 3))


@pytest.fixture(scope="module")
def published() -> State:
    """Random tensors under the published names."""
    generator = torch.Generator().manual_seed(0)
    state: State = {}
    for name, shape in shapes():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(7)
        elif name.endswith(("running_var", "bn1.weight", "bn2.weight", "bn3.weight", "downsample.1.weight")):
            state[name] = 0.5 + torch.rand(shape, generator=generator)
        else:
            fan = shape[1] * shape[2] * shape[3] if len(shape) == 4 else 100.0
            state[name] = torch.randn(shape, generator=generator) * (1.0 / fan) ** 0.5
    return state


@pytest.fixture(scope="module")
def torchvision_file(published: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "resnet50_of_torchvision.pth"
    torch.save(published, file)
    return file


@pytest.fixture(scope="module")
def radimagenet_file(published: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "ResNet50.pt"
    numbered = {
        ".".join(["backbone", PARTS[name.split(".")[0]], name.split(".", 1)[1]]): value
        for name, value in published.items()
        if not name.startswith("fc.")
    }
    torch.save(numbered, file)
    return file


def build(**preparation: tuple[float, ...]) -> GreyToColour:
    network = resnet50(spatial_dims=2, n_input_channels=3, feed_forward=False, conv1_t_stride=2, bias_downsample=False)
    return GreyToColour(network, **(preparation or IMAGENET)).eval()


def test_the_published_file_has_as_many_tensors_as_the_architecture_says() -> None:
    assert len(list(shapes())) == 320
    assert sum(not name.startswith("fc.") for name, _ in shapes()) == 318


@pytest.mark.parametrize(("form", "source"), [("torchvision", "ImageNet"), ("radimagenet", "RadImageNet")])
def test_the_loaded_network_computes_what_the_published_one_does(
    form: str, source: str, published: State, request: pytest.FixtureRequest
) -> None:
    file = request.getfixturevalue(f"{form}_file")
    encoder = build()
    start = start_from_pretrained(encoder.network, file, source=source)
    assert start.unused == (("fc.bias", "fc.weight") if form == "torchvision" else ())
    assert file.name in start.summary
    patches = torch.rand(2, 1, 40, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    mean, deviation = (torch.tensor(IMAGENET[name]).double().view(1, 3, 1, 1) for name in ("mean", "deviation"))
    state = {name: value.double() for name, value in published.items()}
    expected = forward(state, (patches.expand(-1, 3, -1, -1) - mean) / deviation)
    torch.testing.assert_close(encoder.double()(patches), expected, rtol=1e-6, atol=1e-9)
    assert expected.std() > 1e-3


def test_the_file_names_what_was_not_loaded_and_its_digest_in_the_description(torchvision_file: Path) -> None:
    start = start_from_pretrained(build().network, torchvision_file, source="ImageNet")
    said = start.describe("synthetic cohort, 4 patients")
    assert said.startswith("synthetic cohort, 4 patients; encoder started from the ImageNet weights resnet50_of_torch")
    assert said.endswith("not loaded: fc.bias, fc.weight")
    assert "sha256" in said
    assert name_by_start("row", Provenance("synthetic", said, "")) == "row"


def test_without_a_file_the_row_says_that_it_started_from_scratch(caplog: pytest.LogCaptureFixture) -> None:
    network = nn.Linear(2, 2)
    before = network.weight.clone()
    start = start_from_pretrained(network, None, source="RadImageNet")
    assert torch.equal(network.weight, before)
    assert "name your copy of the published file with --weights_file" in caplog.text
    said = start.describe("patients cohort")
    assert said == "patients cohort; encoder started from scratch, no RadImageNet weights were given"
    assert name_by_start("row", Provenance("patients", said, "")) == "row (from scratch)"


def test_a_file_that_is_absent_is_told_apart_from_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no ImageNet weights at .*gone\.pth"):
        start_from_pretrained(nn.Linear(2, 2), tmp_path / "gone.pth", source="ImageNet")


class Touch:
    """An object whose unpickling makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("old_form", [False, True])
def test_nothing_in_a_file_is_run(tmp_path: Path, old_form: bool) -> None:
    torch.save(
        {"conv1.weight": Touch(tmp_path / "trace")}, tmp_path / "evil.pth", _use_new_zipfile_serialization=not old_form
    )
    with pytest.raises(CheckpointError, match=r"evil\.pth: it asks for '__builtin__"):
        read_resnet(tmp_path / "evil.pth")
    assert not (tmp_path / "trace").exists()


def test_small_files_in_every_form_hold_the_same_tensors(tmp_path: Path) -> None:
    state = {"conv1.weight": torch.arange(6.0).reshape(2, 3), "bn1.bias": torch.ones(2)}
    torch.save(state, tmp_path / "new.pth")
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, tmp_path / "wrapped.pt")
    save_file(state, tmp_path / "plain.safetensors")
    for file in tmp_path.iterdir():
        found = read_resnet(file)
        assert found.keys() == state.keys()
        assert all(torch.equal(found[name], value) for name, value in state.items())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"layer1.0.conv1.weight": torch.zeros(64, 64, 3, 3)}, "conv1.weight is missing; .* and "),
        ([torch.zeros(1)], "no state dictionary"),
        ({"conv1.weight": "x"}, "holds a str among its tensors"),
    ],
)
def test_another_file_is_refused_with_what_differs(tmp_path: Path, content: object, message: str) -> None:
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=f"other.pth: .*{message}"):
        start_from_pretrained(build().network, tmp_path / "other.pth", source="ImageNet")


def test_a_file_of_an_old_version_lacks_the_counters_and_loads(published: State, tmp_path: Path) -> None:
    torch.save({name: value for name, value in published.items() if not name.endswith("tracked")}, tmp_path / "old.pth")
    network = build().network
    start_from_pretrained(network, tmp_path / "old.pth", source="ImageNet")
    assert torch.equal(network.state_dict()["layer4.2.bn3.bias"], published["layer4.2.bn3.bias"])


def test_grey_is_prepared_for_each_channel_and_exports() -> None:
    block = GreyToColour(nn.Identity(), mean=(0.1, 0.2, 0.3), deviation=(1.0, 2.0, 4.0))
    patches = torch.full((1, 1, 2, 2), 0.5)
    expected = torch.tensor([0.4, 0.15, 0.05]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    torch.testing.assert_close(block(patches), expected)
    torch.testing.assert_close(torch.jit.script(block)(patches), expected)
    assert not block.state_dict()
    with pytest.raises(ValueError, match="expected three numbers each"):
        GreyToColour(nn.Identity(), mean=(0.5,), deviation=(0.5,))
