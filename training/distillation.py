"""From a teacher into token vectors: the static model learns which texts the teacher finds alike.

The static model has the two sets of parameters of :mod:`training.contrastive`, one linear map of all
tokens and one weight a token, so that what is learned carries over to tokens that no text has shown. Ridge
regression onto the teacher's vectors gives a start; then the static similarities within a batch are brought
to the teacher's. The vectors that come out are the best of all checks on held-out texts, the untaught ones
included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError
from recommender.encoder import load_encoder, spelled
from training.distribution import project
from training.transformer_settings import TransformerSettings

_HELD_OUT_PART = 20
_MOST_HELD_OUT = 1_000
_RIDGE = 1e-3
Bag = NDArray[np.int64]
Floats = NDArray[np.float32]


def distil(
    teacher: Path,
    texts: Iterable[str],
    tokenizer: Tokenizer,
    base: Floats,
    weights: Floats,
    settings: TransformerSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Floats:
    """Token vectors ``(pieces, d)``, weights multiplied in, that imitate the encoder in the folder *teacher*.

    *base* ``(pieces, d)`` are the vectors to start from, *weights* ``(pieces,)`` the token weights;
    *tokenizer* is the static model's. As many of *texts* as the settings say are drawn; a twentieth of them
    is held out. Raises TrainingError for fewer than forty texts with a known token.
    """
    chance = np.random.default_rng([settings.seed, 3])
    different = list(dict.fromkeys(spelled(text) for text in texts))
    drawn = [different[number] for number in chance.permutation(len(different))[: settings.distil_texts]]
    found = zip(drawn, _bags(tokenizer, drawn), strict=True)
    known = {text: bag for text, bag in found if len(bag)}
    if len(known) < 2 * _HELD_OUT_PART:
        raise TrainingError(
            "there are too few texts to learn from", field="texts", value=len(known), mend="give more texts"
        )
    taught = load_encoder(teacher).encode(list(known))
    bags = list(known.values())
    held = min(_MOST_HELD_OUT, len(bags) // _HELD_OUT_PART)
    held_bags, held_taught = bags[:held], torch.from_numpy(taught[:held])
    bags, taught = bags[held:], taught[held:]

    torch.manual_seed(settings.seed)
    model = _Static(base, weights)
    best, best_vectors = model.distance(held_bags, held_taught), model.vectors()
    progress(f"distillation, untaught: distance {best:.5f}")
    model.regress(bags, taught)
    if (distance := model.distance(held_bags, held_taught)) < best:
        best, best_vectors = distance, model.vectors()
        progress(f"distillation, regression: distance {best:.5f}")
    else:
        model = _Static(base, weights)
    optimiser = torch.optim.Adam(
        [
            {"params": [model.map], "lr": settings.distil_rate},
            {"params": [model.log_weights], "lr": settings.distil_weight_rate},
        ]
    )
    for step in range(1, settings.distil_steps + 1):
        rows = chance.integers(len(bags), size=settings.distil_batch)
        alike = torch.from_numpy(taught[rows])
        loss = _apart(model([bags[row] for row in rows]), alike)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        if step % settings.distil_check_every == 0 or step == settings.distil_steps:
            distance = model.distance(held_bags, held_taught)
            progress(f"distillation, step {step}: distance {distance:.5f}")
            if distance < best:
                best, best_vectors = distance, model.vectors()
    return best_vectors


def _bags(tokenizer: Tokenizer, texts: list[str]) -> list[Bag]:
    """The known pieces of each text."""
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return [ids[ids > 0] for ids in (np.array(encoding.ids, dtype=np.int64) for encoding in encoded)]


def _apart(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The mean squared difference of the cosines of all pairs of rows, in *a* and in *b*."""
    return functional.mse_loss(a @ a.T, b @ b.T)


class _Static(torch.nn.Module):
    """token vector = exp(weight of the token) * (base vector @ map)."""

    def __init__(self, base: Floats, weights: Floats) -> None:
        super().__init__()
        self.base = torch.from_numpy(np.ascontiguousarray(base, dtype=np.float32))
        self.map = torch.nn.Parameter(torch.eye(base.shape[1]))
        self.log_weights = torch.nn.Parameter(torch.from_numpy(np.log(np.maximum(weights, 1e-12))))

    def forward(self, bags: list[Bag]) -> torch.Tensor:
        starts = np.concatenate(([0], np.cumsum([len(bag) for bag in bags])[:-1]))
        tokens, places = np.unique(np.concatenate(bags), return_inverse=True)
        rows = torch.from_numpy(tokens)
        vectors = (self.base[rows] @ self.map) * torch.exp(self.log_weights[rows])[:, None]
        total = functional.embedding_bag(
            torch.from_numpy(places), vectors, torch.from_numpy(starts), mode="sum"
        )
        return functional.normalize(total, dim=1, eps=1e-9)

    def regress(self, bags: list[Bag], taught: Floats) -> None:
        """Set the map to the ridge regression from the sums of *bags* onto the rows of *taught*."""
        with torch.no_grad():
            own = self(bags).numpy().astype(np.float64)
        aim = project(taught, taught, self.base.shape[1]).astype(np.float64)
        square = own.T @ own + _RIDGE * len(own) / own.shape[1] * np.eye(own.shape[1])
        found = np.linalg.solve(square, own.T @ aim)
        # A narrower teacher leaves columns of zeros.
        whole = np.zeros(self.map.shape, dtype=np.float32)
        whole[:, : found.shape[1]] = found
        with torch.no_grad():
            self.map.copy_(torch.from_numpy(whole))

    def distance(self, bags: list[Bag], taught: torch.Tensor) -> float:
        with torch.no_grad():
            return float(_apart(self(bags), taught).item())

    def vectors(self) -> Floats:
        with torch.no_grad():
            found = (self.base @ self.map) * torch.exp(self.log_weights)[:, None]
        matrix: Floats = found.numpy().astype(np.float32)
        matrix[0] = 0.0
        return matrix
