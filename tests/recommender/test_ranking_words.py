"""The plain words say what the code does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from indexes.store import ReleaseStore
from recommender.catalogue import Catalogue, Enterprise, Kind, Outcome, Size, Stage, as_record
from recommender.catalogue.domain import Need, Offering
from recommender.encoder import Encoder
from recommender.engine import Engine
from recommender.matching.exposure import Fairness
from recommender.query import SupplierQuery
from recommender.ranking import FEATURES
from recommender.ranking.words import NEVER, RULES, WORDS
from recommender.refresh import refresh
