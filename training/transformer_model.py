"""The network of the transformer encoder, its tokenizer, and its folder in sentence-transformers format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer, processors
from transformers import BertConfig, BertForMaskedLM, BertModel

from training.examples import Bag
from training.transformer_settings import TransformerSettings
from training.vocabulary import UNKNOWN

PAD, CLS, SEP, MASK = "[PAD]", "[CLS]", "[SEP]", "[MASK]"

_TEXTS_AT_ONCE = 256
# The one way to attend whose gradients are the same in every run on a GPU, too.
_ATTENTION: dict[str, Any] = {"attn_implementation": "eager"}
_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A unigram tokenizer with the four special tokens behind its *pieces* pieces."""

    tokenizer: Tokenizer
    """Encloses a text in [CLS] and [SEP] unless told not to."""
    pieces: int

    @property
    def pad(self) -> int:
        return self.pieces

    @property
    def cls(self) -> int:
        return self.pieces + 1

    @property
    def sep(self) -> int:
        return self.pieces + 2

    @property
    def mask(self) -> int:
        return self.pieces + 3

    @property
    def size(self) -> int:
        return self.pieces + 4


def with_special_tokens(tokenizer: Tokenizer) -> Vocabulary:
    """*tokenizer*, which stays as it is, with [PAD], [CLS], [SEP] and [MASK]."""
    vocabulary = Vocabulary(Tokenizer.from_str(tokenizer.to_str()), tokenizer.get_vocab_size())
    vocabulary.tokenizer.add_special_tokens([PAD, CLS, SEP, MASK])
    vocabulary.tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}", special_tokens=[(CLS, vocabulary.cls), (SEP, vocabulary.sep)]
    )
    return vocabulary


def build_model(
    vocabulary: Vocabulary, settings: TransformerSettings, start: NDArray[np.float32] | None
) -> BertForMaskedLM:
    """The untrained network on the GPU if there is one; the seed decides its weights.

    *start*: vectors ``(pieces, any)`` for the pieces, best dimensions first, to begin the embeddings with.
    """
    torch.manual_seed(settings.seed)
    model = BertForMaskedLM(
        BertConfig(
            vocab_size=vocabulary.size,
            hidden_size=settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            intermediate_size=settings.feed_forward,
            max_position_embeddings=settings.longest,
            type_vocab_size=1,
            pad_token_id=vocabulary.pad,
            hidden_dropout_prob=settings.dropout,
            attention_probs_dropout_prob=settings.dropout,
            **_ATTENTION,
        )
    )
    if start is not None:
        columns = min(settings.width, start.shape[1])
        table = model.bert.embeddings.word_embeddings.weight
        with torch.no_grad():
            known = torch.from_numpy(np.ascontiguousarray(start[:, :columns], dtype=np.float32))
            # the length that rows of embeddings have after training: above that of the places
            known = functional.normalize(known, dim=1) * 0.05 * columns**0.5
            table[: vocabulary.pieces, :columns] = known
    torch.nn.Module.to(model, "cuda" if torch.cuda.is_available() else "cpu")
    return model


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 on a GPU, float32 on a CPU."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


def pooled(model: BertModel, texts: Sequence[Bag], vocabulary: Vocabulary) -> torch.Tensor:
    """Unit vectors ``(texts, width)``: the mean over a text's tokens and the two that enclose it.

    *texts* are token ids in their order without special ones, cut here to what the network can read.
    """
    most = int(model.config.max_position_embeddings) - 2
    lengths = np.minimum([len(text) for text in texts], most) + 2
    ids = np.full((len(texts), int(lengths.max())), vocabulary.pad, dtype=np.int64)
    for row, text, length in zip(ids, texts, lengths, strict=True):
        row[0], row[1 : length - 1], row[length - 1] = vocabulary.cls, text[: length - 2], vocabulary.sep
    device = model.device
    tokens = torch.from_numpy(ids).to(device)
    mask = (tokens != vocabulary.pad).long()
    with autocast(device):
        hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state
    filled = mask[:, :, None].float()
    mean = (hidden.float() * filled).sum(dim=1) / filled.sum(dim=1)
    return functional.normalize(mean, dim=1)


def embed(model: BertModel, texts: Sequence[Bag], vocabulary: Vocabulary) -> NDArray[np.float32]:
    """:func:`pooled` without gradients or dropout, for any number of texts."""
    vectors = np.zeros((len(texts), int(model.config.hidden_size)), dtype=np.float32)
    order = np.argsort([len(text) for text in texts], kind="stable")
    training = model.training
    model.train(False)
    with torch.no_grad():
        for first in range(0, len(order), _TEXTS_AT_ONCE):
            rows = order[first : first + _TEXTS_AT_ONCE]
            vectors[rows] = pooled(model, [texts[row] for row in rows], vocabulary).cpu().numpy()
    model.train(training)
    return vectors


def write_transformer(
    folder: Path, model: BertModel, vocabulary: Vocabulary, settings: TransformerSettings
) -> None:
    """Write the new *folder*: Transformer, mean Pooling, Normalize; weights as safetensors."""
    folder.mkdir(parents=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    # A plain BertModel has a pooler that nothing here uses; without its weights loaders would warn.
    tensors["pooler.dense.weight"] = torch.zeros(settings.width, settings.width)
    tensors["pooler.dense.bias"] = torch.zeros(settings.width)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.architectures = ["BertModel"]
    model.config.to_json_file(folder / "config.json")
    vocabulary.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    contents: dict[str, object] = {
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": settings.longest,
            "unk_token": UNKNOWN,
            "pad_token": PAD,
            "cls_token": CLS,
            "sep_token": SEP,
            "mask_token": MASK,
        },
        "sentence_bert_config.json": {"max_seq_length": settings.longest, "do_lower_case": False},
        "modules.json": _MODULES,
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": {},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": settings.width,
            "pooling_mode_mean_tokens": True,
        },
    }
    (folder / "1_Pooling").mkdir()
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
