"""What `rongtong train encoder` was asked for: checked, completed by defaults, and carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import WrongSetting
from training.corpora import Corpus, FolderCorpus, JoinedCorpus
from training.models import packaged_encoder
from training.pairs import held_out_suppliers
from training.settings import TrainingSettings
from training.transformer_settings import SIZES, TransformerSettings

if TYPE_CHECKING:
    from recommender.catalogue import Catalogue
    from training.recipe import TrainingReport

STATIC, TRANSFORMER = "static", "transformer"
SHIPPED, NONE = "shipped", "none"
_OWN = "-own"
"""Added to the name of a model that is trained on the user's catalogue."""


@dataclass(frozen=True, slots=True)
class Order:
    """One training run. What is None takes its default: see :attr:`begins_from` and the settings.

    Raises WrongSetting for options that contradict each other.
    """

    data: Path | None = None
    catalogue: bool = False
    """Whether to train on the user's catalogue, too."""
    architecture: str = STATIC
    start: str | None = None
    """Folder of a static model to go on from, ``shipped`` or ``none``."""
    size: str | None = None
    distil: bool = False
    seed: int | None = None
    vocabulary: int | None = None
    dimension: int | None = None
    folds: Path | None = None
    """Where the models that leave out each fifth of the winners of contracts go, too."""

    def __post_init__(self) -> None:
        if self.data is None and not self.catalogue:
            raise WrongSetting(
                "there is nothing to train on", field="data", mend="give --data, --from catalogue or both"
            )
        static = self.architecture == STATIC
        for name, given, fits in (
            ("size", self.size, not static),
            ("distil", self.distil or None, not static),
            ("start", self.start, static),
            ("folds", self.folds, static),
            ("dimension", self.dimension, static and self.begins_from == NONE),
            ("vocabulary", self.vocabulary, self.begins_from == NONE),
        ):
            if given is not None and not fits:
                raise WrongSetting(
                    f"--{name} has no meaning for this kind of training",
                    field=name,
                    value=given,
                    mend="--size and --distil are a transformer's, --start and --dimension a static model's; "
                    "one that goes on from another keeps its vocabulary and dimension",
                )

    @property
    def begins_from(self) -> str:
        """A catalogue alone has too little text to begin from nothing: it goes on from the shipped model."""
        alone = self.data is None and self.architecture == STATIC
        return self.start or (SHIPPED if alone else NONE)

    @property
    def settings(self) -> TrainingSettings | TransformerSettings:
        chosen: TrainingSettings | TransformerSettings = TrainingSettings()
        if self.architecture == TRANSFORMER:
            chosen = SIZES[self.size or "small"]
        elif self.dimension:
            chosen = TrainingSettings(dimension=self.dimension)
        return replace(
            chosen,
            name=chosen.name + (_OWN if self.catalogue else ""),
            seed=chosen.seed if self.seed is None else self.seed,
            vocabulary=self.vocabulary or chosen.vocabulary,
        )

    @property
    def command(self) -> str:
        """The command line, its folders replaced by DATA, START and FOLDER."""
        start = self.begins_from if self.begins_from in (SHIPPED, NONE) else "START"
        options = {
            "data": self.data and "DATA",
            "from": "catalogue" if self.catalogue else None,
            "architecture": self.architecture if self.architecture != STATIC else None,
            "start": start if self.start or self.begins_from != NONE else None,
            "size": self.size,
            "distil": "" if self.distil else None,
            "vocabulary": self.vocabulary,
            "dimension": self.dimension,
            "seed": self.settings.seed,
            "out": "FOLDER",
        }
        words = [f"--{name} {value}".rstrip() for name, value in options.items() if value is not None]
        return " ".join(["rongtong train encoder", *words])

    def corpus(self, catalogue: Catalogue | None = None) -> Corpus:
        """The material; *catalogue*, which is read if it was ordered, may be closed afterwards. The suppliers
        of the folder's development contracts are left out of both."""
        parts: list[Corpus] = [] if self.data is None else [FolderCorpus(self.data)]
        if self.catalogue and catalogue is not None:
            from training.catalogue_corpus import read_catalogue

            without = held_out_suppliers(self.data) if self.data else frozenset()
            with catalogue.snapshot() as reader:
                parts.append(read_catalogue(reader, without))
        return parts[0] if len(parts) == 1 else JoinedCorpus(parts)


def carry_out(
    order: Order,
    corpus: Corpus,
    out: Path,
    *,
    work: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[TrainingReport, ...]:
    """Train what was ordered on *corpus*: the report of the model in *out*, and of the one distilled from it.

    Errors as of :func:`training.encoder_training.train_encoder`.
    """
    settings = order.settings
    if isinstance(settings, TransformerSettings):
        from training.transformer_training import train_transformer_encoder

        static = replace(TrainingSettings(), seed=settings.seed) if order.distil else None
        return train_transformer_encoder(
            corpus, out, settings=settings, static=static, command=order.command, progress=progress, work=work
        )
    from training.encoder_training import train_encoder

    begins = {SHIPPED: packaged_encoder(), NONE: None}
    start = begins.get(order.begins_from, Path(order.begins_from))
    report = train_encoder(
        corpus,
        out,
        settings=settings,
        start=start,
        folds=order.folds,
        command=order.command,
        progress=progress,
        work=work,
    )
    return (report,)
