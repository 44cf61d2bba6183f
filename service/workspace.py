"""The workspace as commands and server open it: settings in, catalogue, releases and encoder out.

Each part is imported and opened when it is first asked for, so that a command pays for what it uses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.errors import CatalogueError, WrongSetting
from service.settings import Settings

if TYPE_CHECKING:
    from indexes.milvus import MilvusServer
    from indexes.store import ReleaseStore
    from recommender.catalogue.repository import Catalogue
    from recommender.decisions import DecisionLog
    from recommender.encoder import Encoder
    from recommender.engine import Engine
    from recommender.matching.ledger import ExposureLedger
    from recommender.snapshot import Snapshot

logger = logging.getLogger("rongtong.service")


def encoder_folder(settings: Settings) -> str | Path:
    """The folder or name of the active encoder: the setting, or the model that ships."""
    if settings.encoder:
        return settings.encoder
    from training.models import packaged_encoder

    return packaged_encoder()


@dataclass(frozen=True, slots=True)
class Workspace:
    settings: Settings

    @property
    def home(self) -> Path:
        return self.settings.home

    def make(self) -> None:
        """Make the folder. Raises CatalogueError where that is impossible."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogueError(
                f"The workspace folder cannot be made: {error.strerror}.",
                field="home",
                value=str(self.home),
                mend="choose another with --home or RONGTONG_HOME",
            ) from error

    @contextmanager
    def catalogue(self) -> Iterator[Catalogue]:
        from recommender.catalogue.repository import open_catalogue

        if not self.settings.database_url:
            self.make()
        catalogue = open_catalogue(self.settings.catalogue_url)
        try:
            yield catalogue
        finally:
            catalogue.close()

    def store(self) -> ReleaseStore:
        from indexes.store import ReleaseStore

        self.make()
        return ReleaseStore(self.home)

    def ledger(self) -> ExposureLedger:
        """Who was shown how much; the file is made when something is first counted."""
        from recommender.matching.exposure import Fairness
        from recommender.matching.ledger import ExposureLedger

        return ExposureLedger(self.home / "exposure.db", Fairness(sme_share=self.settings.sme_share))

    def decisions(self) -> DecisionLog:
        """What was recommended to whom and why; the file is made when something is first recorded."""
        from recommender.decisions import DecisionLog

        return DecisionLog(self.home / "decisions.db", self.settings.decision_days)

    def encoder(self) -> Encoder:
        from recommender.encoder import load_encoder

        return load_encoder(encoder_folder(self.settings))

    def encoder_to_read(self) -> Encoder:
        """The active encoder, read when it first encodes."""
        from recommender.encoder import encoder_to_read

        return encoder_to_read(encoder_folder(self.settings))

    def milvus(self) -> MilvusServer | None:
        """The server that searches vectors, where one is chosen. Raises WrongSetting where none is named."""
        chosen = self.settings
        if chosen.vector_engine != "milvus":
            return None
        from indexes.milvus import MilvusServer

        if not chosen.milvus_uri:
            raise WrongSetting(
                "The engine is milvus, but nothing says where that is.",
                field="milvus_uri",
                mend="set RONGTONG_MILVUS_URI to http://host:19530, or to a file for Milvus Lite",
            )
        return MilvusServer(chosen.milvus_uri, chosen.milvus_token.get_secret_value())

    def snapshot(self) -> Snapshot:
        """The live release, to be read; it is not removed while this is referred to."""
        from recommender.snapshot import Snapshot

        opened = self.store().open()
        return Snapshot(opened.manifest, opened.path, opened.lease)

    def engine(self) -> Engine:
        from recommender.engine import Engine

        engine = Engine.open(self.store(), self.encoder(), milvus=self.milvus())
        if engine.remark:
            logger.warning(engine.remark)
        return engine
