"""Requirements: read out of a need, judged against an enterprise."""

from recommender.requirements.extract import Demand, demands
from recommender.requirements.verdicts import coverage, coverage_of, failing, judge

__all__ = ["Demand", "coverage", "coverage_of", "demands", "failing", "judge"]
