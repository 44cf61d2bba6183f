"""Pairs of texts as token ids: some held out, the others drawn in batches for contrastive training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError
from recommender.encoder import spelled
from training.pairs import Company, Pair
from training.settings import TrainingSettings

Bag = NDArray[np.int64]
Item = TypeVar("Item")

KIND_SHARES: dict[str, float] = {
    "edge_used_in": 0.2,
    "given_esp_faq_qa": 0.3,
    "given_hs_same_code_names": 0.3,
    "given_d365_title_description": 0.5,
    "given_catalogue_name_note": 0.5,
    "given_ningbo_scope_qualification": 0.5,
    "given_term_definition": 0.2,
    "documentation": 0.5,
    "news": 0.3,
    "article": 0.3,
    "law": 0.3,
    "industry_note": 0.3,
    "industry_parent": 0.2,
    "procurement_note": 0.2,
    "procurement_parent": 0.3,
    "guidance": 0.3,
}
"""How often a kind is drawn, relative to its (damped) number of pairs; 1 where it is not named."""

COMPANY_SHARE = 40_000.0
"""The weight of company pairs in the same units."""

_DAMPED_FROM = 4_000
_HELD_OUT_PART = 20
_MOST_HELD_OUT = 300
COMPANIES = "company"
"""The kind of pairs drawn from companies."""
OUTCOMES = "catalogue_match"
"""The kind of pairs of a need and the offerings of an enterprise that qualified for it or was awarded it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A pair of one *kind* as token ids. Examples of the same *group*, or of the same *other* unless it is
    -1, must not be contrasted with each other."""

    kind: str
    a: Bag
    b: Bag
    group: int
    other: int = -1


@dataclass(frozen=True, slots=True)
class CompanyBags:
    products: tuple[Bag, ...]
    industry: Bag
    name: Bag
    group: int

    def example(self, a: Sequence[Bag], b: Sequence[Bag]) -> Example:
        return Example(COMPANIES, np.concatenate(a), np.concatenate(b), self.group)

    @property
    def first_against_rest(self) -> Example:
        """Its first product against the others and its industry."""
        return self.example(self.products[:1], [*self.products[1:], self.industry])


class Material:
    """Tokenised pairs, divided into those trained on and those held out, and a sampler over the former."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        pairs: Sequence[Pair],
        companies: Sequence[Company],
        settings: TrainingSettings,
    ) -> None:
        """Raises TrainingError where neither pairs nor companies are left to train on."""
        self._rng = np.random.default_rng(settings.seed)
        groups: dict[str, int] = {}
        others: dict[str, int] = {}
        kinds: dict[str, list[Example]] = {}
        sides_a = bags(tokenizer, [pair.a for pair in pairs])
        sides_b = bags(tokenizer, [pair.b for pair in pairs])
        for pair, a, b in zip(pairs, sides_a, sides_b, strict=True):
            if len(a) and len(b):
                group = groups.setdefault(f"{pair.kind}\0{pair.group}", len(groups))
                other = others.setdefault(f"{pair.kind}\0{pair.other}", len(others)) if pair.other else -1
                kinds.setdefault(pair.kind, []).append(Example(pair.kind, a, b, group, other))
        firms = [firm for firm in _company_bags(tokenizer, companies, len(groups)) if len(firm.products) > 1]
        self.held_out: dict[str, list[Example]] = {}
        self.train: dict[str, list[Example]] = {}
        for kind, examples in kinds.items():
            held, rest = self._divide(examples)
            self.train[kind] = rest
            if len(held) > 1:
                self.held_out[kind] = held
        held_firms, self.firms = self._divide(firms)
        if len(held_firms) > 1:
            self.held_out[COMPANIES] = [firm.first_against_rest for firm in held_firms]
        weights = {
            kind: KIND_SHARES.get(kind, 1.0) * min(len(examples), _DAMPED_FROM + 0.3 * len(examples))
            for kind, examples in self.train.items()
        }
        if self.firms:
            weights[COMPANIES] = COMPANY_SHARE * min(1.0, len(self.firms) / 1000)
        self.counts = {kind: len(examples) for kind, examples in self.train.items()}
        self.counts[COMPANIES] = len(self.firms)
        self._kinds = [kind for kind, weight in weights.items() if weight > 0]
        if not self._kinds:
            raise TrainingError(
                "there are no pairs of texts to train on",
                field="data",
                mend="add text/pairs.jsonl.xz or products",
            )
        shares = np.array([weights[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()

    def _divide(self, items: list[Item]) -> tuple[list[Item], list[Item]]:
        order = [items[number] for number in self._rng.permutation(len(items))]
        held = held_out(len(order))
        return order[:held], order[held:]

    def draw(self, number: int) -> list[Example]:
        """*number* examples of one kind, which is drawn in proportion to the shares.

        One kind a batch, because an example is hardest to tell from others of its own kind: a product is
        easily told from the abstract of a paper, which teaches nothing.
        """
        kind = self._kinds[self._rng.choice(len(self._kinds), p=self._shares)]
        return [self._draw_one(kind) for _ in range(number)]

    def _draw_one(self, kind: str) -> Example:
        if kind == COMPANIES:
            return self._draw_company(self.firms[self._rng.integers(len(self.firms))])
        examples = self.train[kind]
        return examples[self._rng.integers(len(examples))]

    def _draw_company(self, firm: CompanyBags) -> Example:
        """Some of a company's products against others, or its industry or name against its profile."""
        order = [firm.products[number] for number in self._rng.permutation(len(firm.products))]
        if self._rng.random() < 0.25 and len(firm.industry) and len(firm.name):
            profile = order[: int(self._rng.integers(1, 8))]
            if self._rng.random() < 0.3:
                return firm.example([firm.name], [*profile, firm.industry])
            return firm.example([firm.industry], profile)
        few = max(1, min(len(order) // 2, int(self._rng.integers(1, 4))))
        others = order[few : few + int(self._rng.integers(1, 6))]
        if self._rng.random() < 0.4:
            others.append(firm.industry)
        return firm.example(order[:few], others)

    def pool(self, kind: str) -> list[Example]:
        """What examples of *kind* may be contrasted with: all its pairs, or each company once."""
        return [firm.first_against_rest for firm in self.firms] if kind == COMPANIES else self.train[kind]

    def thin(self, bag: Bag, settings: TrainingSettings) -> Bag:
        """*bag* cut to a random sample and with some tokens dropped, never empty."""
        if len(bag) > settings.longest:
            bag = self._rng.choice(bag, settings.longest, replace=False)
        kept = bag[self._rng.random(len(bag)) >= settings.dropout]
        return kept if len(kept) else bag


def held_out(number: int) -> int:
    """How many of *number* pairs of a kind are held out."""
    return min(_MOST_HELD_OUT, number // _HELD_OUT_PART)


def bags(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Bag]:
    read = [spelled(text) for text in texts]  # as the trained model will read them
    encoded = tokenizer.encode_batch_fast(read, add_special_tokens=False)
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encoded]


def _company_bags(tokenizer: Tokenizer, companies: Sequence[Company], first_group: int) -> list[CompanyBags]:
    industries = bags(tokenizer, [company.industry for company in companies])
    names = bags(tokenizer, [company.name for company in companies])
    return [
        CompanyBags(
            products=tuple(bag for bag in bags(tokenizer, company.products) if len(bag)),
            industry=industry,
            name=name,
            group=first_group + number,
        )
        for number, (company, industry, name) in enumerate(zip(companies, industries, names, strict=True))
    ]
