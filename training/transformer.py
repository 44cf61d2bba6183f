"""A small Chinese transformer, trained from nothing on the open texts: masked language, then contrast.

Either stage leaves a checkpoint every so many steps, so that a run that was killed goes on and ends with the
same weights. The optional third stage, which hands what was learned on to the static model, is
:func:`training.distillation.distil`. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertForMaskedLM, BertModel

from indexes.errors import WrongSetting
from training.contrastive import Progress
from training.distillation import distil
from training.examples import Example
from training.pairs import Company, Pair
from training.stages import Log
from training.transformer_checkpoint import (
    load_checkpoint,
    put_weights,
    save_checkpoint,
    weights,
)
from training.transformer_examples import Examples, Windows
from training.transformer_model import (
    Vocabulary,
    autocast,
    build_model,
    embed,
    pooled,
    with_special_tokens,
    write_transformer,
)
from training.transformer_settings import SIZES, TransformerSettings

__all__ = ["SIZES", "TransformerSettings", "distil", "train_transformer"]

_MASKED_LANGUAGE, _CONTRAST = 1, 2

Say = Callable[[str], None]


def train_transformer(
    tokenizer: Tokenizer,
    streams: Callable[[], Iterator[tuple[NDArray[np.int32], float]]],
    pairs: Sequence[Pair],
    companies: Sequence[Company],
    settings: TransformerSettings,
    work: Path,
    out: Path,
    log: Log = lambda _: None,
    progress: Say = lambda _: None,
    start: NDArray[np.float32] | None = None,
) -> list[Progress]:
    """Train an encoder, write its folder to *out*, and tell how the held-out pairs did at each check.

    *tokenizer* has no special tokens yet. *streams* are its ids with a negative one between texts, each with
    its emphasis. *work* keeps the checkpoints, from which a call with the same arguments goes on; it may be
    removed afterwards. *log* gets one record a check. *start* are vectors of the pieces to begin with, if
    there are any. The first check is that of the network before the contrastive stage; the weights written
    are those of the best check. Uses a GPU if there is one. Raises WrongSetting if *out* exists,
    TrainingError if there is nothing to train on.
    """
    if out.exists():
        raise WrongSetting(
            "the output folder exists", field="out", value=str(out), mend="name a new folder or remove it"
        )
    work.mkdir(parents=True, exist_ok=True)
    vocabulary = with_special_tokens(tokenizer)
    examples = Examples(vocabulary, pairs, companies, settings)
    identity = _identity(tokenizer, pairs, companies, settings)
    with _repeatable():
        model = build_model(vocabulary, settings, start)
        _masked_language(
            model, vocabulary, streams, settings, work / "mlm.safetensors", identity, log, progress
        )
        path = work / "contrast.safetensors"
        checks = _contrast(model.bert, vocabulary, examples, settings, path, identity, log, progress)
    building = out.with_name(out.name + ".partial")
    shutil.rmtree(building, ignore_errors=True)
    write_transformer(building, model.bert, vocabulary, settings)
    os.replace(building, out)
    return checks


@contextmanager
def _repeatable() -> Iterator[None]:
    """Within it the same seed gives the same weights on a GPU as it does on a CPU anyway."""
    # read when the first matrix product is sent to the GPU
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(before or torch.cuda.is_available(), warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _identity(
    tokenizer: Tokenizer, pairs: Sequence[Pair], companies: Sequence[Company], settings: TransformerSettings
) -> str:
    """Changes with whatever makes an old checkpoint useless, but for the streams."""
    whole = hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode())
    whole.update(tokenizer.to_str().encode())
    for item in (*pairs, *companies):
        whole.update(repr(item).encode())
    return whole.hexdigest()


def _masked_language(
    model: BertForMaskedLM,
    vocabulary: Vocabulary,
    streams: Callable[[], Iterator[tuple[NDArray[np.int32], float]]],
    settings: TransformerSettings,
    path: Path,
    identity: str,
    log: Log,
    progress: Say,
) -> None:
    """Teach *model* to guess hidden pieces."""
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=settings.weight_decay)
    state = load_checkpoint(path, identity, model, optimiser)
    if state.step >= settings.mlm_steps:
        return
    windows = Windows.of(streams(), vocabulary, settings)
    losses: list[float] = []

    def loss_at(step: int) -> torch.Tensor:
        ids, hidden, right = (torch.from_numpy(array).to(model.device) for array in windows.draw(step))
        with autocast(model.device):
            # only the hidden places are scored against the whole vocabulary: most of the work saved
            guesses = model.cls(model.bert(input_ids=ids).last_hidden_state[hidden])
        return functional.cross_entropy(guesses.float(), right)

    while state.step < settings.mlm_steps:
        rate = settings.mlm_rate * _height(state.step, settings.mlm_steps, settings.warm_up)
        losses.append(_learn(model, optimiser, loss_at, state.step, rate, settings, _MASKED_LANGUAGE))
        state.step += 1
        if state.step % settings.mlm_check_every == 0 or state.step == settings.mlm_steps:
            save_checkpoint(path, identity, model, optimiser, state)
            mean = sum(losses) / len(losses)
            log({"stage": "mlm", "step": state.step, "loss": mean})
            progress(f"masked language, step {state.step}: loss {mean:.3f}")
            losses.clear()


def _contrast(
    model: BertModel,
    vocabulary: Vocabulary,
    examples: Examples,
    settings: TransformerSettings,
    path: Path,
    identity: str,
    log: Log,
    progress: Say,
) -> list[Progress]:
    """Bring pairs together; *model* ends with the weights of the best check."""
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=settings.weight_decay)
    state = load_checkpoint(path, identity, model, optimiser)
    near: NDArray[np.int64] | None = None

    def check() -> None:
        state.checks.append(_held_out(model, vocabulary, examples, state.step))
        if state.worse == 0:
            state.best = weights(model)
        state.finished = state.step == settings.steps or state.worse >= settings.patience
        save_checkpoint(path, identity, model, optimiser, state)
        progress(f"contrast, step {state.step}: held-out pairs {state.checks[-1].mean:.4f}")

    def loss_at(step: int) -> torch.Tensor:
        return _loss(model, vocabulary, examples.at(step, near), settings)

    if not state.checks:
        check()
    while not state.finished:
        if settings.neighbours and examples.firms and state.step % settings.check_every == 0:
            near = _nearest(model, vocabulary, examples, settings.neighbours)
        rate = settings.learning_rate * _height(state.step, settings.steps, settings.warm_up)
        loss = _learn(model, optimiser, loss_at, state.step, rate, settings, _CONTRAST)
        state.step += 1
        if state.step % settings.check_every == 0 or state.step == settings.steps:
            check()
            log({"stage": "contrast", "step": state.step, "loss": loss, **state.checks[-1].record})
    put_weights(model, state.best)
    return state.checks


def _learn(
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    loss_at: Callable[[int], torch.Tensor],
    step: int,
    rate: float,
    settings: TransformerSettings,
    stage: int,
) -> float:
    """One step of the optimiser; its loss. What is dropped out depends on seed, stage and step alone."""
    seed = int(np.random.SeedSequence([settings.seed, stage, step]).generate_state(1)[0])
    torch.manual_seed(seed)
    model.train()
    for group in optimiser.param_groups:
        group["lr"] = rate
    loss = loss_at(step)
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
    optimiser.step()
    return float(loss.item())


def _height(step: int, steps: int, warm_up: int) -> float:
    """Warm-up, then half a cosine down to zero."""
    rising = min(warm_up, max(1, steps // 10))
    return min(1.0, (step + 1) / rising) * 0.5 * (1.0 + float(np.cos(np.pi * step / max(steps, 1))))


def _loss(
    model: BertModel, vocabulary: Vocabulary, batch: Sequence[Example], settings: TransformerSettings
) -> torch.Tensor:
    """InfoNCE in both directions (van den Oord et al. 2018); groups hold no counter-examples of their own."""
    a = pooled(model, [example.a for example in batch], vocabulary)
    b = pooled(model, [example.b for example in batch], vocabulary)
    groups = np.array([example.group for example in batch])
    others = np.array([example.other for example in batch])
    same = (groups[:, None] == groups) | ((others[:, None] == others) & (others >= 0))
    np.fill_diagonal(same, False)
    similar = (a @ b.T / settings.temperature).masked_fill(torch.from_numpy(same).to(a.device), -1e4)
    right = torch.arange(len(batch), device=a.device)
    return (functional.cross_entropy(similar, right) + functional.cross_entropy(similar.T, right)) / 2


def _held_out(model: BertModel, vocabulary: Vocabulary, examples: Examples, step: int) -> Progress:
    """The mean reciprocal rank of the right partner among all held-out partners of its kind."""
    found: dict[str, float] = {}
    for kind, held in examples.held_out.items():
        a = embed(model, [example.a for example in held], vocabulary)
        b = embed(model, [example.b for example in held], vocabulary)
        scores = a @ b.T
        ranks = (scores > np.diag(scores)[:, None]).sum(axis=1) + 1
        found[kind] = float((1.0 / ranks).mean())
    return Progress(step, found)


def _nearest(model: BertModel, vocabulary: Vocabulary, examples: Examples, number: int) -> NDArray[np.int64]:
    """The *number* companies whose profiles are most like each company's ``(firms, number)``."""
    profiles = embed(model, examples.profiles, vocabulary)
    number = min(number, len(profiles) - 1)
    near = np.empty((len(profiles), number), dtype=np.int64)
    for first in range(0, len(profiles), 1024):
        scores = profiles[first : first + 1024] @ profiles.T
        np.fill_diagonal(scores[:, first:], -np.inf)
        near[first : first + 1024] = np.argsort(-scores, axis=1, kind="stable")[:, :number]
    return near
