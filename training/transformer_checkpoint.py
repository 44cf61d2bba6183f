"""A stage of training that was interrupted, on disk: one safetensors file, no pickle.

The tensors are the network's, the optimiser's and those of the best check; what can be counted is JSON in the
file's metadata. A file is replaced whole or not at all.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from training.contrastive import Progress

Tensors = dict[str, torch.Tensor]

_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(slots=True)
class StageState:
    """How far a stage has come. Only what is in here, the weights and the optimiser carries over."""

    step: int = 0
    finished: bool = False
    checks: list[Progress] = field(default_factory=list)
    best: Tensors = field(default_factory=dict)
    """The weights at the best check, on the CPU; empty before the first."""

    @property
    def worse(self) -> int:
        """Checks since the best one."""
        means = [check.mean for check in self.checks]
        return len(means) - 1 - means.index(max(means))


def weights(model: torch.nn.Module) -> Tensors:
    """A copy of the parameters of *model* on the CPU, each once, by name."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.named_parameters()}


def put_weights(model: torch.nn.Module, tensors: Tensors) -> None:
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            tensor.copy_(tensors[name])


def save_checkpoint(
    path: Path, identity: str, model: torch.nn.Module, optimiser: torch.optim.Optimizer, state: StageState
) -> None:
    """Write everything that a later run needs to go on as if this one had not stopped."""
    tensors = {f"model/{name}": tensor for name, tensor in weights(model).items()}
    tensors |= {f"best/{name}": tensor for name, tensor in state.best.items()}
    for name, tensor in model.named_parameters():
        for moment in _MOMENTS:
            if moment in optimiser.state[tensor]:
                tensors[f"{moment}/{name}"] = optimiser.state[tensor][moment].cpu()
    checks = [[check.step, check.held_out] for check in state.checks]
    facts = {"identity": identity, "step": state.step, "finished": state.finished, "checks": checks}
    temporary = path.with_suffix(".partial")
    save_file(tensors, temporary, metadata={"state": json.dumps(facts)})
    os.replace(temporary, path)


def load_checkpoint(
    path: Path, identity: str, model: torch.nn.Module, optimiser: torch.optim.Optimizer
) -> StageState:
    """The state saved at *path*, its tensors put into *model* and *optimiser*.

    A state at step 0 if there is no file, or one of another *identity* or from a torn disk.
    """
    try:
        with safe_open(path, framework="pt") as stream:
            facts = json.loads((stream.metadata() or {}).get("state", "{}"))
            if facts.get("identity") != identity:
                return StageState()
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 no dict
    except (OSError, ValueError, SafetensorError):
        return StageState()
    put_weights(model, _part(tensors, "model"))
    for name, tensor in model.named_parameters():
        if f"{_MOMENTS[0]}/{name}" in tensors:
            moments = {moment: tensors[f"{moment}/{name}"].to(tensor.device) for moment in _MOMENTS}
            optimiser.state[tensor] = {"step": torch.tensor(float(facts["step"])), **moments}
    checks = [Progress(step, held_out) for step, held_out in facts["checks"]]
    return StageState(facts["step"], facts["finished"], checks, _part(tensors, "best"))


def _part(tensors: Tensors, prefix: str) -> Tensors:
    return {
        name.removeprefix(f"{prefix}/"): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{prefix}/")
    }
