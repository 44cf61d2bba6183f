"""Token vectors that bring together what means the same: contrastive training of few parameters.

Starting from distributional vectors, only two things are learned: one linear map shared by all tokens, and
one weight for each token. The map carries over to tokens that no pair has shown; free token vectors were
tried and memorise the pairs. The loss is InfoNCE with the other pairs of the batch as counter-examples (van
den Oord et al. 2018), except those of the same group. Training stops early on held-out pairs and companies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.errors import TrainingError
from recommender.text.normalise import for_search
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
_COMPANIES = "company"


@dataclass(frozen=True, slots=True)
class Example:
    """A pair as token ids; *group* numbers what must not be contrasted with each other."""

    a: Bag
    b: Bag
    group: int


@dataclass(frozen=True, slots=True)
class CompanyBags:
    products: tuple[Bag, ...]
    industry: Bag
    name: Bag
    group: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Mean reciprocal rank of the right partner among the held-out pairs of each kind, at one step."""

    step: int
    held_out: dict[str, float]

    @property
    def mean(self) -> float:
        """The company pairs count as much as all others together: they are the task itself."""
        others = [value for kind, value in self.held_out.items() if kind != _COMPANIES]
        parts = [sum(others) / len(others)] if others else []
        if _COMPANIES in self.held_out:
            parts.append(self.held_out[_COMPANIES])
        return sum(parts) / len(parts) if parts else 0.0


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
        kinds: dict[str, list[Example]] = {}
        sides_a = _bags(tokenizer, [pair.a for pair in pairs])
        sides_b = _bags(tokenizer, [pair.b for pair in pairs])
        for pair, a, b in zip(pairs, sides_a, sides_b, strict=True):
            if len(a) and len(b):
                group = groups.setdefault(f"{pair.kind}\0{pair.group}", len(groups))
                kinds.setdefault(pair.kind, []).append(Example(a, b, group))
        firms = [bags for bags in _company_bags(tokenizer, companies, len(groups)) if len(bags.products) > 1]
        self.held_out: dict[str, list[Example]] = {}
        self._train: dict[str, list[Example]] = {}
        for kind, examples in kinds.items():
            held, rest = self._divide(examples)
            self._train[kind] = rest
            if len(held) > 1:
                self.held_out[kind] = held
        held_firms, self._firms = self._divide(firms)
        if len(held_firms) > 1:
            self.held_out[_COMPANIES] = [self._first_against_rest(firm) for firm in held_firms]
        weights = {
            kind: KIND_SHARES.get(kind, 1.0) * min(len(examples), _DAMPED_FROM + 0.3 * len(examples))
            for kind, examples in self._train.items()
        }
        if self._firms:
            weights[_COMPANIES] = COMPANY_SHARE * min(1.0, len(self._firms) / 1000)
        self.counts = {kind: len(examples) for kind, examples in self._train.items()}
        self.counts[_COMPANIES] = len(self._firms)
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
        held = min(_MOST_HELD_OUT, len(order) // _HELD_OUT_PART)
        return order[:held], order[held:]

    def draw(self, number: int) -> list[Example]:
        """*number* examples of one kind, which is drawn in proportion to the shares.

        One kind a batch, because an example is hardest to tell from others of its own kind: a product is
        easily told from the abstract of a paper, which teaches nothing.
        """
        kind = self._kinds[self._rng.choice(len(self._kinds), p=self._shares)]
        return [self._draw_one(kind) for _ in range(number)]

    def _draw_one(self, kind: str) -> Example:
        if kind == _COMPANIES:
            return self._draw_company(self._firms[self._rng.integers(len(self._firms))])
        examples = self._train[kind]
        return examples[self._rng.integers(len(examples))]

    def _draw_company(self, firm: CompanyBags) -> Example:
        """Some of a company's products against others, or its industry or name against its profile."""
        order = [firm.products[number] for number in self._rng.permutation(len(firm.products))]
        if self._rng.random() < 0.25 and len(firm.industry) and len(firm.name):
            profile = order[: int(self._rng.integers(1, 8))]
            if self._rng.random() < 0.3:
                return Example(firm.name, np.concatenate([*profile, firm.industry]), firm.group)
            return Example(firm.industry, np.concatenate(profile), firm.group)
        few = max(1, min(len(order) // 2, int(self._rng.integers(1, 4))))
        others = order[few : few + int(self._rng.integers(1, 6))]
        if self._rng.random() < 0.4:
            others.append(firm.industry)
        return Example(np.concatenate(order[:few]), np.concatenate(others), firm.group)

    def _first_against_rest(self, firm: CompanyBags) -> Example:
        return Example(firm.products[0], np.concatenate([*firm.products[1:], firm.industry]), firm.group)

    def thin(self, bag: Bag, settings: TrainingSettings) -> Bag:
        """*bag* cut to a random sample and with some tokens dropped, never empty."""
        if len(bag) > settings.longest:
            bag = self._rng.choice(bag, settings.longest, replace=False)
        kept = bag[self._rng.random(len(bag)) >= settings.dropout]
        return kept if len(kept) else bag


def _bags(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Bag]:
    spelled = [for_search(text) for text in texts]
    encoded = tokenizer.encode_batch_fast(spelled, add_special_tokens=False)
    return [np.array(encoding.ids, dtype=np.int64) for encoding in encoded]


def _company_bags(tokenizer: Tokenizer, companies: Sequence[Company], first_group: int) -> list[CompanyBags]:
    industries = _bags(tokenizer, [company.industry for company in companies])
    names = _bags(tokenizer, [company.name for company in companies])
    return [
        CompanyBags(
            products=tuple(bag for bag in _bags(tokenizer, company.products) if len(bag)),
            industry=industry,
            name=name,
            group=first_group + number,
        )
        for number, (company, industry, name) in enumerate(zip(companies, industries, names, strict=True))
    ]


class _Model(torch.nn.Module):
    """token vector = exp(weight of the token) * (base vector @ map)."""

    def __init__(self, base: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        super().__init__()
        self.base = torch.from_numpy(base)
        self.map = torch.nn.Parameter(torch.eye(base.shape[1]))
        self.log_weights = torch.nn.Parameter(torch.from_numpy(np.log(np.maximum(weights, 1e-12))))

    def forward(self, bags: Sequence[Bag]) -> torch.Tensor:
        tokens, places = np.unique(np.concatenate(bags), return_inverse=True)
        starts = np.concatenate(([0], np.cumsum([len(bag) for bag in bags])[:-1]))
        rows = torch.from_numpy(tokens)
        vectors = (self.base[rows] @ self.map) * torch.exp(self.log_weights[rows])[:, None]
        pooled = functional.embedding_bag(
            torch.from_numpy(places), vectors, torch.from_numpy(starts), mode="mean"
        )
        return functional.normalize(pooled, dim=1, eps=1e-9)

    def vectors(self) -> NDArray[np.float32]:
        with torch.no_grad():
            found = (self.base @ self.map) * torch.exp(self.log_weights)[:, None]
        matrix: NDArray[np.float32] = found.numpy().astype(np.float32)
        matrix[0] = 0.0
        return matrix


def contrast(
    base: NDArray[np.float32],
    weights: NDArray[np.float32],
    material: Material,
    settings: TrainingSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[NDArray[np.float32], list[Progress]]:
    """The trained token vectors ``(pieces, dimension)``, weights multiplied in, and the checks on the way.

    *base* are the distributional vectors, *weights* the token weights to start from. The vectors returned are
    those of the best check, which may be the first: training never makes the held-out pairs worse.
    """
    torch.manual_seed(settings.seed)
    model = _Model(base, weights)
    optimiser = torch.optim.Adam(
        [
            {"params": [model.map], "lr": settings.learning_rate},
            {"params": [model.log_weights], "lr": settings.weight_learning_rate},
        ]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, settings.steps))
    checks = [_check(model, material, 0)]
    best, best_vectors, worse = checks[0], model.vectors(), 0
    for step in range(1, settings.steps + 1):
        loss = _loss(model, material.draw(settings.batch), material, settings)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        if step % settings.check_every == 0 or step == settings.steps:
            checks.append(_check(model, material, step))
            progress(f"step {step}: loss {loss.item():.3f}, held-out pairs {checks[-1].mean:.4f}")
            if checks[-1].mean > best.mean:
                best, best_vectors, worse = checks[-1], model.vectors(), 0
            else:
                worse += 1
                if worse >= settings.patience:
                    break
    return best_vectors, checks


def _rate(step: int, steps: int) -> float:
    """Warm-up over 50 steps, then half a cosine down to zero."""
    return min(1.0, (step + 1) / 50) * 0.5 * (1.0 + float(np.cos(np.pi * step / max(steps, 1))))


def _loss(
    model: _Model, batch: Sequence[Example], material: Material, settings: TrainingSettings
) -> torch.Tensor:
    a = model([material.thin(example.a, settings) for example in batch])
    b = model([material.thin(example.b, settings) for example in batch])
    similar = a @ b.T / settings.temperature
    groups = np.array([example.group for example in batch])
    same = (groups[:, None] == groups[None, :]) & ~np.eye(len(batch), dtype=bool)
    # Small kinds draw the same pair twice in a batch; a pair is no counter-example to itself either.
    similar = similar.masked_fill(torch.from_numpy(same), -1e4)
    right = torch.arange(len(batch))
    forth = functional.cross_entropy(similar, right)
    back = functional.cross_entropy(similar.T, right)
    return (forth + back) / 2


def _check(model: _Model, material: Material, step: int) -> Progress:
    held_out: dict[str, float] = {}
    with torch.no_grad():
        for kind, examples in material.held_out.items():
            a = model([example.a for example in examples])
            b = model([example.b for example in examples])
            scores = (a @ b.T).numpy()
            ranks = (scores > np.diag(scores)[:, None]).sum(axis=1) + 1
            held_out[kind] = float((1.0 / ranks).mean())
    return Progress(step, held_out)
