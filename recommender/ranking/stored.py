"""The ranker on disk: ``ranker.json`` beside the releases is the one wanted, each release holds its own copy.

Training writes the first (:func:`install`), a refresh carries it into the next release (:func:`put_into`), an
engine reads the release's (:func:`model_of`). So a release answers the same for ever, whatever is trained or
shipped later, and is rolled back with its ranker.
"""

from __future__ import annotations

import json
from pathlib import Path

from indexes.errors import DamagedRelease, InputError
from indexes.files import damaged, load_json, write_atomically
from recommender.ranking.additive import AdditiveModel
from recommender.ranking.features import FEATURES
from recommender.ranking.prior import PRIOR
from recommender.snapshot import Snapshot

RANKER = "ranker.json"
_MOST_BYTES = 1 << 20


def read(path: Path) -> AdditiveModel:
    """The model in *path*. Raises DamagedRelease where the file holds none that this version can use."""
    try:
        model = AdditiveModel.from_json(load_json(path, _MOST_BYTES))
    except ValueError as error:
        damaged(path, str(error))
    if unknown := [feature for feature in model.features if feature not in FEATURES]:
        damaged(path, f"weighs {unknown[0]!r}, which this version does not measure")
    return model


def write(path: Path, model: AdditiveModel) -> None:
    """Put *model* at *path*, whole or not at all; the same model gives the same bytes."""
    text = json.dumps(model.to_json(), ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    write_atomically(path, text.encode() + b"\n")


def wanted(home: Path) -> AdditiveModel:
    """The model that the next release of the workspace *home* is to have: the installed one, else the prior.

    Raises InputError where the installed file is no model.
    """
    path = home / RANKER
    try:
        return read(path) if path.exists() or path.is_symlink() else PRIOR
    except DamagedRelease as error:
        raise InputError(
            f"The installed ranker cannot be used: {error.message}.",
            field="ranker",
            value=str(path),
            mend="train it again with `rongtong train ranker --promote`, or remove the file",
        ) from error


def install(home: Path, model: AdditiveModel) -> Path:
    """Make *model* the one that the next refresh takes; the live release keeps its own."""
    write(home / RANKER, model)
    return home / RANKER


def put_into(release: Path, home: Path) -> None:
    """Write the model that *home* wants into the folder of a *release* that is being built."""
    write(release / RANKER, wanted(home))


def model_of(snapshot: Snapshot) -> AdditiveModel:
    """The model in a release; the prior where it has none. Raises DamagedRelease."""
    path = snapshot.folder / RANKER
    return read(path) if path.exists() else PRIOR
