"""Requirements: read out of a need, judged against an enterprise."""

from recommender.requirements.extract import Demand, demands
from recommender.requirements.verdicts import coverage, failing, judge

__all__ = ["Demand", "coverage", "demands", "failing", "judge"]
