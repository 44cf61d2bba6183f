"""Token vectors that bring together what means the same: contrastive training of few parameters.

Starting from distributional vectors, only two things are learned: one linear map shared by all tokens, and
one weight for each token. The map carries over to tokens that no pair has shown; free token vectors were
tried and memorise the pairs. The loss is InfoNCE with the other pairs of the batch as counter-examples (van
den Oord et al. 2018), except those of the same group, and mined ones where the settings ask for them.
Training stops early on held-out pairs and companies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray

from training.determinism import reproducible
from training.examples import COMPANIES, OUTCOMES, Bag, Example, Material
from training.mining import HardNegatives
from training.settings import TrainingSettings
from training.stages import Log

_NEVER = -1e4
"""The logit of what is no counter-example."""
_TASK = (COMPANIES, OUTCOMES)


@dataclass(frozen=True, slots=True)
class Progress:
    """Mean reciprocal rank of the right partner among the held-out pairs of each kind, at one step."""

    step: int
    held_out: dict[str, float]

    @property
    def mean(self) -> float:
        """The pairs of companies and of outcomes count as much as all others together: they are the task
        itself."""
        task = [value for kind, value in self.held_out.items() if kind in _TASK]
        others = [value for kind, value in self.held_out.items() if kind not in _TASK]
        parts = [sum(values) / len(values) for values in (task, others) if values]
        return sum(parts) / len(parts) if parts else 0.0

    @property
    def record(self) -> dict[str, object]:
        """As a record of the training log."""
        held_out = {kind: round(value, 4) for kind, value in self.held_out.items()}
        return {"step": self.step, "held_out_mean": round(self.mean, 4), "held_out": held_out}


class _Model(torch.nn.Module):
    """token vector = exp(weight of the token) * (base vector @ map)."""

    def __init__(self, base: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        super().__init__()
        self.base = torch.from_numpy(base)
        self.map = torch.nn.Parameter(torch.eye(base.shape[1]))
        self.log_weights = torch.nn.Parameter(torch.from_numpy(np.log(np.maximum(weights, 1e-12))))

    def forward(self, bags: Sequence[Bag]) -> torch.Tensor:
        tokens, places = np.unique(np.concatenate(bags), return_inverse=True)
        ends = np.cumsum([len(bag) for bag in bags])[:-1]
        rows = torch.from_numpy(tokens)
        vectors = (self.base[rows] @ self.map) * torch.exp(self.log_weights[rows])[:, None]
        return _pooled(vectors, np.split(places, ends))

    def embed(self, bags: Sequence[Bag]) -> NDArray[np.float32]:
        """Unit vectors (n, d) of *bags*, apart from training."""
        with torch.no_grad():
            found: NDArray[np.float32] = self(bags).numpy()
        return found

    def vectors(self) -> NDArray[np.float32]:
        with torch.no_grad():
            found = (self.base @ self.map) * torch.exp(self.log_weights)[:, None]
        matrix: NDArray[np.float32] = found.numpy().astype(np.float32)
        matrix[0] = 0.0
        return matrix


def contrast(
    base: NDArray[np.float32],
    weights: NDArray[np.float32],
    material: Material,
    settings: TrainingSettings,
    progress: Callable[[str], None] = lambda _: None,
    log: Log = lambda _: None,
    *,
    kept: float = 0.0,
) -> tuple[NDArray[np.float32], list[Progress]]:
    """The trained token vectors ``(pieces, dimension)``, weights multiplied in, and the checks on the way.

    *base* are the distributional vectors, *weights* the token weights to start from. The vectors returned are
    those of the best check, which may be the first: training never makes the held-out pairs worse. Each check
    is a record of the *log*.

    The part *kept* of them are the vectors it started from: a mean of the two keeps what the model knew of
    other fields and most of what it learned of this one (Wortsman et al. 2022, “Robust fine-tuning of
    zero-shot models”).
    """
    with reproducible(settings.seed):
        return _contrast(base, weights, material, settings, progress, log, kept)


def _contrast(
    base: NDArray[np.float32],
    weights: NDArray[np.float32],
    material: Material,
    settings: TrainingSettings,
    progress: Callable[[str], None],
    log: Log,
    kept: float,
) -> tuple[NDArray[np.float32], list[Progress]]:
    model = _Model(base, weights)
    start = model.vectors()

    def mixed() -> NDArray[np.float32]:
        return start * np.float32(kept) + model.vectors() * np.float32(1 - kept) if kept else model.vectors()

    optimiser = torch.optim.Adam(
        [
            {"params": [model.map], "lr": settings.learning_rate},
            {"params": [model.log_weights], "lr": settings.weight_learning_rate},
        ]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, settings.steps))
    hard = HardNegatives(material, settings, model.embed)
    checks = [_check(start, material, 0)]
    log({"stage": "contrast", **checks[0].record})
    best, best_vectors, worse = checks[0], start, 0
    for step in range(1, settings.steps + 1):
        loss = _loss(model, material.draw(settings.batch), material, settings, hard, step)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        if step % settings.check_every == 0 or step == settings.steps:
            vectors = mixed()
            checks.append(_check(vectors, material, step))
            log({"stage": "contrast", "loss": round(loss.item(), 4), **checks[-1].record})
            progress(f"step {step}: loss {loss.item():.3f}, held-out pairs {checks[-1].mean:.4f}")
            if checks[-1].mean > best.mean:
                best, best_vectors, worse = checks[-1], vectors, 0
            else:
                worse += 1
                if worse >= settings.patience:
                    break
    return best_vectors, checks


def _rate(step: int, steps: int) -> float:
    """Warm-up over 50 steps, then half a cosine down to zero."""
    return min(1.0, (step + 1) / 50) * 0.5 * (1.0 + float(np.cos(np.pi * step / max(steps, 1))))


def _loss(
    model: _Model,
    batch: Sequence[Example],
    material: Material,
    settings: TrainingSettings,
    hard: HardNegatives,
    step: int,
) -> torch.Tensor:
    a = model([material.thin(example.a, settings) for example in batch])
    b = model([material.thin(example.b, settings) for example in batch])
    similar = a @ b.T / settings.temperature
    groups = np.array([example.group for example in batch])
    others = np.array([example.other for example in batch])
    same = (groups[:, None] == groups[None, :]) | ((others[:, None] == others[None, :]) & (others >= 0))
    # Small kinds draw the same pair twice in a batch; a pair is no counter-example to itself either.
    same &= ~np.eye(len(batch), dtype=bool)
    similar = similar.masked_fill(torch.from_numpy(same), _NEVER)
    right = torch.arange(len(batch))
    back = functional.cross_entropy(similar.T, right)
    if settings.hard_negatives:
        mined = hard.find(batch, a.detach().numpy(), b.detach().numpy(), step)
        similar = torch.cat([similar, _mined_logits(model, a, mined, material, settings)], dim=1)
    return (functional.cross_entropy(similar, right) + back) / 2


def _mined_logits(
    model: _Model,
    a: torch.Tensor,
    mined: Sequence[Sequence[Bag]],
    material: Material,
    settings: TrainingSettings,
) -> torch.Tensor:
    """(n, hard_negatives): each anchor against its own mined counter-examples."""
    logits = torch.full((len(mined), settings.hard_negatives), _NEVER)
    owners = [(row, place) for row, bags in enumerate(mined) for place in range(len(bags))]
    if not owners:
        return logits
    vectors = model([material.thin(mined[row][place], settings) for row, place in owners])
    rows, places = (torch.tensor(numbers) for numbers in zip(*owners, strict=True))
    return logits.index_put((rows, places), (a[rows] * vectors).sum(dim=1) / settings.temperature)


def _check(vectors: NDArray[np.float32], material: Material, step: int) -> Progress:
    rows = torch.from_numpy(vectors)
    held_out: dict[str, float] = {}
    for kind, examples in material.held_out.items():
        a = _pooled(rows, [example.a for example in examples])
        b = _pooled(rows, [example.b for example in examples])
        scores = (a @ b.T).numpy()
        ranks = (scores > np.diag(scores)[:, None]).sum(axis=1) + 1
        held_out[kind] = float((1.0 / ranks).mean())
    return Progress(step, held_out)


def _pooled(vectors: torch.Tensor, bags: Sequence[Bag]) -> torch.Tensor:
    """(n, d): the mean of the *vectors* of each bag's tokens, brought to length 1."""
    starts = np.concatenate(([0], np.cumsum([len(bag) for bag in bags])[:-1]))
    tokens, starts_of = torch.from_numpy(np.concatenate(bags)), torch.from_numpy(starts)
    pooled = functional.embedding_bag(tokens, vectors, starts_of, mode="mean")
    return functional.normalize(pooled, dim=1, eps=1e-9)
