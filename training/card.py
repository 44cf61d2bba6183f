"""The model card: what a user of the weights must know, made from the training report."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from training.settings import TrainingSettings

if TYPE_CHECKING:
    from training.encoder_training import TrainingReport


def model_card(report: TrainingReport, settings: TrainingSettings) -> str:
    """The card in Markdown, with the front matter that model hubs read."""
    first, best = report.checks[0], max(report.checks, key=lambda check: check.mean)
    sources = "\n".join(f"| {s.path} | {s.what} | {s.licence} |" for s in report.sources)
    pairs = "\n".join(f"| {kind} | {number:,} |" for kind, number in sorted(report.pairs.items()) if number)
    kinds = "\n".join(
        f"| {kind} | {first.held_out[kind]:.3f} | {best.held_out[kind]:.3f} |"
        for kind in sorted(best.held_out)
    )
    parameters = "\n".join(f"| {name} | {value} |" for name, value in asdict(settings).items())
    return f"""---
language: zh
library_name: sentence-transformers
pipeline_tag: sentence-similarity
license: apache-2.0
tags: [sentence-transformers, static-embedding, chinese, procurement]
---

# {settings.name}

A static Chinese text encoder for supplier recommendation: {report.vocabulary:,} token vectors of
{report.dimension} floats, averaged and brought to length 1 ({report.size / 1e6:.1f} MB). It needs no GPU and
encodes tens of thousands of product titles a second on one core.

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
model.similarity(model.encode(["风电塔筒采购"]), model.encode(["风力发电设备", "方便面"]))
```

## How it was made

`rongtong train encoder --data DATA --out FOLDER` with seed {settings.seed}:

1. *Vocabulary.* Words are counted with rjieba; the best, all common characters and codes become a unigram
   tokenizer. Unknown words fall apart into known ones.
2. *Distribution.* Co-occurrence of {report.tokens:,} tokens in windows of {settings.window},
   positive pointwise mutual information, randomised decomposition into {settings.decomposed} directions,
   projected onto the {report.dimension} in which tenders, patents and products vary most.
3. *Contrast.* One linear map shared by all tokens and one weight for each token are trained on pairs of texts
   that mean the same to this field (InfoNCE, stopped on held-out pairs).

| setting | value |
| --- | --- |
{parameters}

## Trained on

Open sources only: a stated permissive licence, official texts, statutory disclosures or plain facts. The
development contracts and the announcements they come from were not used, and their suppliers were left out of
all pairs of a company with its products.

| file | what | licence |
| --- | --- | --- |
{sources}

| kind of pair | trained on |
| --- | --- |
{pairs}

## Figures

Mean reciprocal rank of the right partner among up to 300 held-out pairs of a kind, before and after the third
step (step {best.step} of at most {settings.steps} was kept):

| kind | before | after |
| --- | --- | --- |
{kinds}

{_development(report)}

Fingerprint (sha256 over the model's files): `{report.fingerprint}`

## Limits

- A bag of tokens: order, negation and numbers are lost. “不含安装” is close to “含安装”, 6.3 MPa to 8 MPa.
- Chinese first. Latin words and codes are known only where the texts had them often.
- Company and place names carry what the texts of those years said of them.
- It finds what is related, not who qualifies: certificates, quantities and dates need rules.
"""


def _development(report: TrainingReport) -> str:
    figures = report.development
    if figures is None:
        return "The data folder held no development contracts."
    return f"""Development contracts ({figures.needs:,} awarded projects, one winner each among
{figures.companies:,} listed companies; cosine of buyer and title with the company's profile vector, nothing
else): Recall@10 {figures.recall_at_10:.3f}, Recall@100 {figures.recall_at_100:.3f},
MRR {figures.reciprocal_rank:.3f}. No contract was trained on and none stopped the training, but the default
settings were chosen with an eye on these figures: expect somewhat less elsewhere."""
