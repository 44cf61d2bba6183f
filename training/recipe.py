"""What a training run made, and how: the facts that a card is written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.award_training import AwardCheck
from training.contrastive import Progress
from training.development import DevelopmentFigures
from training.settings import TrainingSettings
from training.token_streams import SourceSize
from training.transformer_settings import TransformerSettings


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model was asked for."""

    architecture: str
    """``static`` or ``transformer``."""
    settings: TrainingSettings | TransformerSettings
    command: str
    """The command line that makes it again, folders replaced by DATA and FOLDER; "": called from Python."""
    start: str = ""
    """Name and fingerprint of the static model that it continues; "": trained from nothing."""
    teacher: str = ""
    """Fingerprint of the transformer that it was distilled from; "": from none."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    folder: Path
    recipe: Recipe
    fingerprint: str
    vocabulary: int
    dimension: int
    size: int
    """Bytes on disk."""
    sources: tuple[SourceSize, ...]
    pairs: dict[str, int]
    """Pairs trained on, by kind."""
    checks: tuple[Progress, ...]
    """How the held-out pairs did before and after."""
    awards: AwardCheck | None
    """How the contracts left out did before and after others were learned from; None: there were too few."""
    development: DevelopmentFigures | None
    """On the development contracts, where the data folder holds them, each by a model that knows none of its
    winner's."""
    seconds: dict[str, float]
    """Of each stage; 0 for one that an earlier run had finished."""
    versions: dict[str, str]
    """Of Python and the libraries that computed it."""

    @property
    def tokens(self) -> int:
        return sum(size.tokens for size in self.sources)

    @property
    def own(self) -> bool:
        """Whether the user's own material is in it."""
        return any(size.source.own for size in self.sources)
