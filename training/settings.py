"""The hyper-parameters of the encoder, in one place; the model card prints them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What :func:`training.encoder_training.train_encoder` may be told. The defaults make the shipped model.

    Sizes: ``vocabulary`` rows of ``dimension`` float32 are the weights on disk (33,500 x 256: 34 MB).
    """

    seed: int = 20
    name: str = "rongtong-static-zh"
    vocabulary: int = 33_500
    dimension: int = 256
    # distribution
    window: int = 8
    """Tokens on each side that count as context."""
    subsample: float = 1e-4
    """Tokens of a higher relative frequency are thinned out."""
    least_count: float = 0.7
    """Weighted co-occurrences below this are noise."""
    decomposed: int = 1024
    """Directions kept of the decomposition, before they are projected to ``dimension``."""
    softening: float = 1e-4
    """``a`` of the token weights a / (a + frequency)."""
    # contrast
    steps: int = 250
    batch: int = 384
    temperature: float = 0.06
    learning_rate: float = 1e-3
    """Of the shared linear map of all tokens."""
    weight_learning_rate: float = 0.03
    """Of the logarithms of the token weights."""
    dropout: float = 0.15
    """Part of a text's tokens that is left out at random."""
    longest: int = 48
    """Tokens of a text that are drawn for one step."""
    kept: float = 0.5
    """Part of the model it goes on from that stays in the one that is written; without one, no part."""
    hard_negatives: int = 0
    """Mined counter-examples of each example, beside the rest of its batch."""
    false_from: float = 0.95
    """Part of the true partner's cosine from which a candidate counts as a right answer nobody wrote down."""
    mine_every: int = 50
    """Steps after which what they are mined from is embedded anew."""
    check_every: int = 50
    patience: int = 2
    """Checks without gain on the held-out pairs after which training stops."""
    # awards
    award_steps: int = 12
    """Few: at 25 the unseen suppliers are answered worse than without the contracts."""
    award_learning_rate: float = 2e-3
    award_slope: float = 10.0
    """Log-odds of a cosine of 1, to begin with."""
    award_dropout: float = 0.5
    """Part of the tokens of what a need is about that is left out at random."""
