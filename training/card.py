"""The model card: what a user of the weights must know, made from the training report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from training.recipe import TrainingReport
from training.settings import TrainingSettings
from training.token_streams import SourceSize

ALTERNATIVES = Path(__file__).with_name("alternatives.md")
"""What else was measured before the defaults were chosen: told by the card of a model trained with them."""

_OPEN = """Open sources only: a stated permissive licence, official texts, statutory disclosures or plain
facts. The announcements that the development contracts come from were not read, and the suppliers of these
contracts were left out of all pairs of a company with its products."""

_OWN = """The material is the user's own catalogue, wherever a source's licence says so: enterprises,
offerings, needs that are no drafts, the chain graph, and of the outcomes those of stage qualified or awarded.
Contacts were not read. What the weights know of it is not public: keep them where the catalogue is kept."""

_STATIC_LIMITS = """\
- A bag of tokens: order, negation and numbers are lost. “不含安装” is close to “含安装”, 6.3 MPa to 8 MPa.
"""
_LIMITS = """\
- Chinese first. Latin words and codes are known only where the texts had them often.
- Company and place names carry what the texts of those years said of them.
- It finds what is related, not who qualifies: certificates, quantities and dates need rules.
"""


def model_card(report: TrainingReport) -> str:
    """The card in Markdown, with the front matter that model hubs read."""
    static = report.recipe.architecture == "static"
    tags = "static-embedding, " if static else ""
    parts = [
        f"""---
language: zh
library_name: sentence-transformers
pipeline_tag: sentence-similarity
license: {"other" if report.own else "apache-2.0"}
tags: [sentence-transformers, {tags}chinese, procurement]
---

# {report.recipe.settings.name}

{_what(report)}

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
model.similarity(model.encode(["风电塔筒采购"]), model.encode(["风力发电设备", "方便面"]))
```""",
        f"## How it was made\n\n{_command(report)}\n\n{_steps(report)}",
        _table(("setting", "value"), asdict(report.recipe.settings).items()),
        _table(("computed with", "version"), report.versions.items()),
        f"## Trained on\n\n{_material(report)}",
        _sources(report.sources),
        _table(
            ("kind of pair", "trained on"),
            [(kind, f"{number:,}") for kind, number in sorted(report.pairs.items()) if number],
        ),
        f"## Figures\n\n{_held_out(report)}\n\n{_awards(report)}{_development(report)}",
        f"Fingerprint (sha256 over the model's files and the search spelling): `{report.fingerprint}`",
        f"## Limits\n\n{_STATIC_LIMITS if static else ''}{_LIMITS}".rstrip(),
        _alternatives(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(report: TrainingReport) -> str:
    size = f"{report.size / 1e6:.1f} MB"
    if report.recipe.architecture == "static":
        return f"""A static Chinese text encoder for supplier recommendation: {report.vocabulary:,} token
vectors of {report.dimension} floats, averaged and brought to length 1 ({size}). It needs no GPU and encodes
tens of thousands of product titles a second on one core."""
    return f"""A small Chinese transformer for supplier recommendation: {report.vocabulary:,} pieces,
vectors of {report.dimension} floats, brought to length 1 ({size})."""


def _command(report: TrainingReport) -> str:
    seed = report.recipe.settings.seed
    how = f"`{report.recipe.command}`" if report.recipe.command else "From Python, with the settings below"
    return f"""{how} (seed {seed}; the log is in `training.jsonl`). The same command, material and
versions give the same bytes on the same machine; another processor may round the last bits otherwise."""


def _steps(report: TrainingReport) -> str:
    settings, steps = report.recipe.settings, []
    if report.recipe.start:
        steps.append(f"*Start.* Tokenizer and token vectors of {report.recipe.start}.")
    else:
        steps.append(
            "*Vocabulary.* Words are counted with rjieba; the best, all common characters and codes become\n"
            "   a unigram tokenizer. Unknown words fall apart into known ones."
        )
    if not isinstance(settings, TrainingSettings):
        steps.append(
            f"*Masked language.* The network guesses hidden words in {report.tokens:,} tokens of text."
        )
        steps.append(
            "*Contrast.* It is trained on pairs of texts that mean the same to this field (InfoNCE)."
        )
        return _numbered(steps)
    if not report.recipe.start:
        steps.append(
            f"*Distribution.* Co-occurrence of {report.tokens:,} tokens in windows of {settings.window},\n"
            f"   positive pointwise mutual information, randomised decomposition into {settings.decomposed}\n"
            f"   directions, projected onto the {report.dimension} in which texts of the trade vary most."
        )
    mined = f",\n   {settings.hard_negatives} mined counter-examples each" if settings.hard_negatives else ""
    steps.append(
        "*Contrast.* One linear map shared by all tokens and one weight for each token are trained on pairs\n"
        f"   of texts that mean the same to this field (InfoNCE{mined}; stopped on held-out pairs)."
    )
    if report.recipe.teacher:
        steps.append(f"*Distillation.* Taught by the transformer `{report.recipe.teacher}`.")
    if report.awards and report.awards.kept:
        steps.append(
            f"*Contracts.* A second such map and weights are learned from {report.awards.contracts:,}\n"
            "   awarded contracts: each need (title, buyer, description) is a choice of its winner among\n"
            f"   all suppliers (conditional logit; {settings.award_steps} steps). A fifth of the winners,\n"
            "   those the sha256 of whose id begins with a byte divisible by 5, is left out of it."
        )
    if report.recipe.start:
        steps.append(f"*Mean.* The vectors it started from stay a part of {settings.kept:g} of the result.")
    return _numbered(steps)


def _numbered(steps: list[str]) -> str:
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))


def _material(report: TrainingReport) -> str:
    opened = [] if all(size.source.own for size in report.sources) else [_OPEN]
    own = [_OWN] if report.own else []
    begun = (
        ["The model it started from was trained on more: see the card of that model."]
        if report.recipe.start
        else []
    )
    return "\n\n".join([*own, *opened, *begun])


def _sources(read: tuple[SourceSize, ...]) -> str:
    rows = [
        (s.source.path, s.source.what, s.source.licence, *map(_number, (s.documents, s.characters, s.tokens)))
        for s in read
    ]
    return _table(("source", "what", "licence", "texts", "characters", "tokens"), rows)


def _number(number: int) -> str:
    return f"{number:,}" if number else "pairs only"


def _held_out(report: TrainingReport) -> str:
    if not report.checks:
        return "No held-out pairs were asked for."
    first, best = report.checks[0], max(report.checks, key=lambda check: check.mean)
    rows = [
        (kind, f"{first.held_out[kind]:.3f}", f"{best.held_out[kind]:.3f}") for kind in sorted(best.held_out)
    ]
    return f"""Mean reciprocal rank of the right partner among up to 300 held-out pairs of a kind, before and
after the contrast (step {best.step} of at most {report.recipe.settings.steps} was kept):

{_table(("kind", "before", "after"), rows)}"""


def _awards(report: TrainingReport) -> str:
    check = report.awards
    if check is None:
        return ""
    return f"""The {check.held_out:,} contracts whose winners were left out, ranked by profile, shared words
and nearness: mean reciprocal rank of the winner {check.before:.3f} before contracts were learned from,
{check.after:.3f} after{"." if check.kept else ": what was learned from them was not kept."}

"""


def _development(report: TrainingReport) -> str:
    figures = report.development
    if figures is None:
        return "There were no development contracts to measure it on."
    how = "No contract was trained on."
    if report.awards:
        how = """They are cross-validated: five models leave out the contracts of a fifth of the winners each,
and each project is answered by the model that knows none of its winner's; this model is one of the five. On
contracts that this model was trained on it would look better than it is."""
    return f"""Development contracts ({figures.needs:,} awarded projects, one winner each among
{figures.companies:,} listed companies; cosine of buyer and title with the company's profile vector, nothing
else; in brackets 95 % bootstrap intervals over the projects): Recall@10 {figures.recall_at_10},
Recall@100 {figures.recall_at_100}, MRR {figures.reciprocal_rank}. {how} The default settings were chosen with
an eye on these figures: expect somewhat less elsewhere."""


def _alternatives(report: TrainingReport) -> str:
    if report.own or report.recipe.settings != TrainingSettings() or not ALTERNATIVES.is_file():
        return ""
    return f"## Alternatives tried\n\n{ALTERNATIVES.read_text(encoding='utf-8').strip()}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
