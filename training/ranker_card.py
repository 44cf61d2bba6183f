"""The card of a trained ranker: what it was fitted to, whether it is better, and what it now weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.ranking import FEATURES, PRIOR
from training.curve_fit import BELIEF, UNSHOWN

if TYPE_CHECKING:
    from training.ranker import RankerReport


def ranker_card(report: RankerReport, seed: int) -> str:
    """The card in Markdown."""
    verdict = "better, beyond chance" if report.better else "not better beyond chance: not to be promoted"
    figures = "\n".join(
        f"| {name} | {report.live[name]} | {report.trained[name]} | {report.p_values[name]:.3g} |"
        for name in report.trained
    )
    curves = "\n".join(
        f"| {' '.join(FEATURES[new.feature])} | {_curve(old.knots)} | {_curve(new.knots)} |"
        for old, new in zip(PRIOR.curves, report.model.curves, strict=True)
    )
    return f"""# Ranker

An additive model: a score's log-odds are a base ({report.model.base:.2f}, was {PRIOR.base:.2f}) and one
curve a feature. Fitted with seed {seed} to the outcomes of {report.trained_on:,} needs first shown before
{report.split}, drawn towards the prior that ships.

## Is it better?

On {report.validated_on:,} later needs, against the ranker of release {report.release}: **{verdict}**.

| | live | trained | p |
| --- | --- | --- | --- |
{figures}

Means with 95 % bootstrap intervals; p of a paired randomisation test. A contact counts 1, a meeting 2, a
qualification 3, an award 4; candidates that nobody was shown count as not relevant.

## What it weighs

Value → log-odds, linear between, flat outside; what is not known adds nothing.

| feature | prior | now |
| --- | --- | --- |
{curves}

## How it was made

Conditional logit: who came further stands above those of the same need who came less far. A success far down
a list counts more, by log₂(1 + rank), for fewer look there. Candidates that were not shown count {UNSHOWN:g}.
A curve is believed to lie within ± {BELIEF:g} of the prior's, end to end; directions and the values
that add nothing are kept. The base is such that those shown have the mean score that the prior gave them:
outcomes move who stands above whom, not how high all stand.

## Limits

- It learns from those who were shown: whom the platform never showed, it cannot know.
- Texts, tiers and certificates are as they are now; track record and orders as they were then.
"""


def _curve(knots: tuple[tuple[float, float], ...]) -> str:
    return ", ".join(f"{x:g} → {y:+.2f}" for x, y in knots)
