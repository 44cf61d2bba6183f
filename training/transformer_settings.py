"""The hyper-parameters of the transformer encoder, and three sizes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransformerSettings:
    """What :func:`training.transformer.train_transformer` may be told. The defaults are the size ``small``.

    Parameters: ``(vocabulary + 5 + longest) * width`` in the embeddings, about
    ``layers * (4 * width + 2 * feed_forward) * width`` in the layers; each is 4 bytes on disk.
    """

    seed: int = 20
    name: str = "rongtong-transformer-zh"
    vocabulary: int = 16_000
    """Pieces of the unigram tokenizer; four special ones are added to them."""
    layers: int = 4
    width: int = 256
    heads: int = 4
    feed_forward: int = 1024
    longest: int = 64
    """Tokens of a text that are read, the two that enclose it among them; the rest is cut off."""
    dropout: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    """The norm to which a step's gradient is cut back."""
    warm_up: int = 200
    """Steps in which the rate of either stage rises to its full height, at most a tenth of the stage."""
    # masked language
    mlm_steps: int = 4_000
    mlm_batch: int = 32
    """Windows of ``longest`` tokens in one step."""
    mlm_rate: float = 1e-3
    masked: float = 0.2
    """Part of the pieces that is hidden; a piece is a word, so whole words are."""
    emphasis_power: float = 2.0
    """To what power a source's emphasis counts: 2 is the weight by which its words were chosen."""
    mlm_check_every: int = 200
    """Steps between two checkpoints of the masked-language stage."""
    # contrast
    steps: int = 1_000
    batch: int = 192
    temperature: float = 0.05
    learning_rate: float = 3e-4
    check_every: int = 100
    """Steps between two checkpoints of the contrastive stage, each with a check on the held-out pairs."""
    patience: int = 4
    """Checks without gain on the held-out pairs after which training stops."""
    neighbours: int = 0
    """How many of a company's nearest companies it is contrasted with in one batch; 0: chance companies."""
    # distillation
    distil_texts: int = 100_000
    """Different texts, drawn at random, that the static model is taught with."""
    distil_steps: int = 400
    distil_batch: int = 256
    distil_rate: float = 1e-3
    distil_weight_rate: float = 0.03
    distil_check_every: int = 50


SIZES: dict[str, TransformerSettings] = {
    "tiny": TransformerSettings(
        vocabulary=600,
        layers=1,
        width=32,
        heads=2,
        feed_forward=64,
        longest=24,
        mlm_steps=40,
        mlm_batch=16,
        mlm_rate=3e-3,
        mlm_check_every=20,
        steps=40,
        batch=32,
        learning_rate=3e-3,
        check_every=20,
        patience=2,
        distil_steps=40,
        distil_batch=64,
        distil_check_every=10,
    ),
    "small": TransformerSettings(),
    "base": TransformerSettings(
        layers=6,
        width=384,
        heads=6,
        feed_forward=1536,
        longest=128,
        warm_up=1_000,
        mlm_steps=20_000,
        mlm_batch=256,
        mlm_rate=6e-4,
        mlm_check_every=1_000,
        steps=4_000,
        batch=512,
        learning_rate=2e-4,
        check_every=250,
        neighbours=7,
    ),
}
"""``tiny``: seconds on a CPU, for tests. ``small``: for two CPU cores. ``base``: for a GPU."""
