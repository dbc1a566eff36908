"""Batched L-BFGS: each problem is solved as if it were alone."""

from __future__ import annotations

import pytest
import torch

from prognos.inferers.lbfgs import minimise_each


def quadratics(count: int, size: int, condition: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Positive definite matrices [B, n, n], each with its own scale, and their minima [B, n]."""
    random = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(count, size, size, generator=random, dtype=torch.float64)).Q
    values = torch.logspace(0, 1, size, base=condition, dtype=torch.float64)
    scales = 10.0 ** torch.arange(-2, count - 2, dtype=torch.float64)
    matrices = axes @ torch.diag(values) @ axes.mT * scales[:, None, None]
    return matrices, torch.randn(count, size, generator=random, dtype=torch.float64)


def test_quadratics_of_very_different_scale_are_all_solved() -> None:
    matrices, minima = quadratics(5, 8, condition=100.0)

    def function(x: torch.Tensor) -> torch.Tensor:
        return 0.5 * torch.einsum("bi,bij,bj->b", x - minima, matrices, x - minima) + 1.0

    found = minimise_each(function, torch.zeros_like(minima), evaluations=80, tolerance=1e-14)
    torch.testing.assert_close(found.point, minima, atol=1e-4, rtol=0)
    torch.testing.assert_close(found.value, torch.ones(5, dtype=torch.float64), atol=1e-9, rtol=0)


def rosenbrock(x: torch.Tensor) -> torch.Tensor:
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(dim=1)


def test_a_curved_valley_is_followed_to_its_end() -> None:
    start = torch.tensor([[-1.2, 1.0], [2.0, -1.0], [0.0, 0.0]], dtype=torch.float64)
    found = minimise_each(rosenbrock, start, evaluations=120, tolerance=1e-14)
    torch.testing.assert_close(found.point, torch.ones_like(start), atol=1e-3, rtol=0)


def test_a_problem_is_solved_alike_alone_and_among_others() -> None:
    start = torch.tensor([[-1.2, 1.0], [2.0, -1.0], [0.5, 3.0]], dtype=torch.float64)
    together = minimise_each(rosenbrock, start, evaluations=25)
    for row in range(3):
        alone = minimise_each(rosenbrock, start[row : row + 1], evaluations=25)
        torch.testing.assert_close(together.point[row : row + 1], alone.point)
        assert together.evaluations[row] == alone.evaluations[0]


def test_the_first_directions_are_those_of_torch() -> None:
    """Against ``torch.optim.LBFGS`` on one quadratic, where no step is refused."""
    matrices, minima = quadratics(1, 6, condition=3.0)
    matrix, minimum = matrices[0] / matrices[0].norm(), minima[0]

    def value(x: torch.Tensor) -> torch.Tensor:
        return 0.5 * (x - minimum) @ matrix @ (x - minimum)

    theirs = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    slope = (matrix @ minimum).norm()
    optimizer = torch.optim.LBFGS([theirs], lr=1.0 / float(slope), max_iter=1, history_size=10)
    for step in range(6):
        optimizer.param_groups[0]["lr"] = float((matrix @ minimum).abs().sum() / slope) if step == 0 else 1.0

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = value(theirs)
            loss.backward()
            return loss

        optimizer.step(closure)
    ours = minimise_each(lambda x: value(x[0])[None], torch.zeros(1, 6, dtype=torch.float64), evaluations=7)
    torch.testing.assert_close(ours.point[0], theirs.detach(), atol=1e-8, rtol=0)


def test_a_finished_problem_stops_while_its_neighbour_goes_on() -> None:
    start = torch.tensor([[1.0, 1.0], [-1.2, 1.0]], dtype=torch.float64)
    found = minimise_each(rosenbrock, start, evaluations=20)
    assert found.evaluations.tolist() == [1, 20]
    assert torch.equal(found.point[0], start[0])


@pytest.mark.parametrize("evaluations", [1, 2, 5, 12])
def test_the_budget_is_kept_and_the_value_never_rises(evaluations: int) -> None:
    calls = []

    def counted(x: torch.Tensor) -> torch.Tensor:
        calls.append(len(x))
        return rosenbrock(x)

    start = torch.tensor([[-1.2, 1.0]], dtype=torch.float64)
    found = minimise_each(counted, start, evaluations=evaluations)
    assert len(calls) == evaluations
    assert found.value <= rosenbrock(start)


def test_a_wall_of_infinities_is_backed_away_from() -> None:
    def walled(x: torch.Tensor) -> torch.Tensor:
        inside = x[:, 0] < 1.5
        return torch.where(inside, (x[:, 0] - 1.0).square(), torch.nan)

    found = minimise_each(walled, torch.tensor([[-40.0]], dtype=torch.float64), evaluations=60, tolerance=1e-14)
    assert abs(float(found.point) - 1.0) < 1e-3
