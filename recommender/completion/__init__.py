"""The partners on the other links that make a deal work, each sought because of words or facts that are
quoted: order financing for a large order, a laboratory for a type test, software for a buyer's system.

:mod:`table` says what is sought and by which words; :mod:`facts` reads what is no matter of words (budget,
terms of payment, demands, a chosen supplier's verdicts); :mod:`triggers` puts both to a need; :mod:`answer`
searches the partners.
"""

from recommender.completion.answer import CompletionQuery, complete, foresee
from recommender.completion.results import Completion, Partner, Suggestion, Trigger, Without

__all__ = [
    "Completion",
    "CompletionQuery",
    "Partner",
    "Suggestion",
    "Trigger",
    "Without",
    "complete",
    "foresee",
]
