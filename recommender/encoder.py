"""Text to vectors.

One setting names an encoder: a folder in sentence-transformers format, or a model's name. A static model
(token vectors, averaged) is read with tokenizers, safetensors and numpy alone: it loads in a fraction of a
second and torch is never imported. Every other model goes through sentence-transformers. Weights are read
from safetensors files only; a pickle can run code and is refused.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.errors import EncoderError
from recommender.text.glossary import glossary, in_chinese
from recommender.text.normalise import SPELLING, for_search

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from tokenizers.models import Model

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")
_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
_NO_PART = {"readme.md", "training.jsonl"}
_LARGEST_JSON = 256 << 20
# Tokens whose vectors are gathered at once: 8 thousand rows of 256 floats are 8 MB, which a cache holds: this
# takes half the time of 32 MB.
_GATHER = 1 << 13
_BATCH = 2048
_FEW = 256  # texts that are cut on the calling thread; more go to all threads
_KEPT_RUNS, _LONGEST_KEPT = 1 << 14, 128  # runs that are remembered, and characters that one may have
_RUN = re.compile("[\u4e00-\u9fff0-9a-z]+")
# runs of plain letters and digits, and marks between them that are neither
_PLAIN = re.compile(
    "[\u4e00-\u9fff0-9a-z\\s!-/:-@\\[-`{-~\u00b0\u00b1\u00b7\u00d7\u2014\u2018-\u201d\u2026\u3001-\u3003\u3008-\u3011]*"
)
# Of a tokenizer: NFKC and small letters, neither of which changes a run; then cut at all but letters, digits
_STEPS = [
    {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
    {
        "type": "Split",
        "pattern": {"Regex": r"[^\p{L}\p{N}]+"},
        "behavior": "Removed",
        "invert": False,
    },
]
# Tokens from which on a text is added up by itself.
_LONG = 64


class Encoder(Protocol):
    """Turns texts into unit vectors.

    ``fingerprint`` is a sha256 over the model's files and the spelling made before it: two encoders with the
    same one give the same vectors, and vectors of different ones must never meet in an index.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """``(n, dimension)`` rows of length 1; a text without a known token gives a row of zeros.

        *texts* are taken as they were written: :func:`spelled` is applied here.
        """
        ...


def spelled(text: str) -> str:
    """*text* as every model reads it: in search spelling, English words of the trade in Chinese."""
    return in_chinese(for_search(text), instead=True)


def load_encoder(folder_or_name: str | Path) -> Encoder:
    """The encoder in a folder, or the model of that name from a hub (only a name goes to the network).

    Raises EncoderError where the folder is missing, incomplete or damaged, or the name cannot be had.
    """
    folder = Path(folder_or_name)
    if not folder.is_dir():
        named = isinstance(folder_or_name, str) and _HUB_NAME.fullmatch(folder_or_name)
        if not named or folder.exists():
            raise EncoderError(
                "there is no encoder folder here",
                field="encoder",
                value=str(folder_or_name),
                mend="name a folder in sentence-transformers format, or leave the setting empty",
            )
        return SentenceTransformerEncoder(_download(str(folder_or_name)), name=str(folder_or_name))
    modules = _modules(folder)
    kinds = [kind.rpartition(".")[2] for kind, _ in modules]
    if kinds in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
        return StaticEncoder(folder, part=modules[0][1])
    return SentenceTransformerEncoder(folder)


def encoder_to_read(folder_or_name: str | Path) -> Encoder:
    """As :func:`load_encoder`, but a folder is read when its encoder first encodes or tells its dimension:
    who finds that nothing has changed needs its fingerprint alone. What is wrong with it is raised then."""
    folder = Path(folder_or_name)
    return _EncoderToRead(folder) if folder.is_dir() else load_encoder(folder_or_name)


class _EncoderToRead:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = folder.resolve().name
        self.fingerprint = fingerprint(folder)

    @cached_property
    def _read(self) -> Encoder:
        return load_encoder(self._folder)

    @property
    def dimension(self) -> int:
        return self._read.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`."""
        return self._read.encode(texts)


class StaticEncoder:
    """A StaticEmbedding model: the mean of a text's token vectors, brought to length 1.

    Equal to ``SentenceTransformer(folder).encode(...)`` of the same texts, :func:`spelled`, within 1e-6.
    """

    def __init__(self, folder: Path, part: str = "") -> None:
        """Read the model in *folder*; *part* is the subfolder of its static module ("": this folder)."""
        self.name = folder.resolve().name
        self._tokenizer = _read_tokenizer(folder / part / "tokenizer.json")
        self._weights = _read_weights(folder / part / "model.safetensors")
        size = self._tokenizer.get_vocab_size()
        if size > len(self._weights):
            raise _broken(folder, f"its tokenizer has {size} pieces, its weights {len(self._weights)} rows")
        self.dimension = int(self._weights.shape[1])
        self._folder = folder
        self._kept_run = lru_cache(maxsize=_KEPT_RUNS)(partial(_cut_run, self._tokenizer.model))
        self._takes_runs = _hands_runs_on(self._tokenizer)

    @cached_property
    def fingerprint(self) -> str:
        """See :class:`Encoder`."""
        return fingerprint(self._folder)

    @property
    def tokenizer(self) -> Tokenizer:
        return self._tokenizer

    @property
    def token_vectors(self) -> NDArray[np.float32]:
        """``(pieces, dimension)``, each with its weight multiplied in."""
        return self._weights

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`."""
        pooled = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = [spelled(text) for text in texts[start : start + _BATCH]]
            self._pool(self._cut(batch), pooled[start : start + len(batch)])
        return normalised(pooled)

    def _cut(self, batch: list[str]) -> list[list[int]]:
        """The pieces of each text. Few texts of plain characters go to the tokenizer's model run by run: to
        prepare a phrase takes the tokenizer twice as long as the model to cut it, and the same runs come
        again and again."""
        few = self._takes_runs and len(batch) <= _FEW
        plain = [few and bool(_PLAIN.fullmatch(text)) for text in batch]
        others = [text for text, runs in zip(batch, plain, strict=True) if not runs]
        rest = iter(self._tokenizer.encode_batch_fast(others, add_special_tokens=False))
        return [
            [piece for run in _RUN.findall(text) for piece in self._pieces_of(run)]
            if runs
            else next(rest).ids
            for text, runs in zip(batch, plain, strict=True)
        ]

    def _pieces_of(self, run: str) -> list[int]:
        return self._kept_run(run) if len(run) <= _LONGEST_KEPT else _cut_run(self._tokenizer.model, run)

    def _pool(self, pieces: list[list[int]], out: NDArray[np.float32]) -> None:
        """Write the mean vector of each list of pieces into *out*, gathering a bounded number at a time."""
        short: list[int] = []
        gathered = 0
        for row, ids in enumerate(pieces):
            if len(ids) > _LONG:
                out[row] = self._mean_of_long(ids)
            elif ids:
                short.append(row)
                gathered += len(ids)
                if gathered >= _GATHER:
                    self._pool_short(pieces, short, out)
                    short, gathered = [], 0
        if short:
            self._pool_short(pieces, short, out)

    def _pool_short(self, pieces: list[list[int]], rows: list[int], out: NDArray[np.float32]) -> None:
        ids = np.array(list(chain.from_iterable(pieces[row] for row in rows)), np.int64)
        lengths = np.array([len(pieces[row]) for row in rows])
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        out[rows] = np.add.reduceat(self._weights[ids], starts, axis=0) / lengths[:, None].astype(np.float32)

    def _mean_of_long(self, ids: list[int]) -> NDArray[np.float32]:
        """The mean vector of a long text, added up row after row in float32.

        That is not the most exact way, but it is torch's: over thousands of tokens the two would otherwise
        differ by more than 1e-6.
        """
        total = np.zeros((1, self.dimension), dtype=np.float32)
        for start in range(0, len(ids), _GATHER):
            gathered = self._weights[np.array(ids[start : start + _GATHER], dtype=np.int64)]
            total = np.add.reduce(np.concatenate((total, gathered)), axis=0, keepdims=True)
        mean: NDArray[np.float32] = total[0] / np.float32(len(ids))
        return mean


def _cut_run(model: Model, run: str) -> list[int]:
    return [token.id for token in model.tokenize(run)]


def _hands_runs_on(tokenizer: Tokenizer) -> bool:
    """Whether *tokenizer* does nothing to a run of plain letters and digits but hand it to its model."""
    from tokenizers.models import Unigram

    steps = [
        json.loads(step.__getstate__()) for step in (tokenizer.normalizer, tokenizer.pre_tokenizer) if step
    ]
    return (
        steps == _STEPS
        and isinstance(tokenizer.model, Unigram)
        and not tokenizer.get_added_tokens_decoder()
        and tokenizer.post_processor is None
    )


class SentenceTransformerEncoder:
    """Any other sentence-transformers model. Importing takes seconds; nothing is fetched from a network."""

    def __init__(self, folder: Path, name: str = "") -> None:
        """Load the model in *folder*; *name* is what it is called (the folder's name where empty)."""
        _refuse_pickles(folder)
        self.name = name or folder.resolve().name
        self._model = _load_sentence_transformer(folder)
        # The method that tells the dimension has changed its name between versions; a probe has none.
        self.dimension = len(self._model.encode(["维"], show_progress_bar=False)[0])
        self.fingerprint = fingerprint(folder)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See :meth:`Encoder.encode`. A blank text is a row of zeros, whatever the model makes of it."""
        read = [spelled(text) for text in texts]
        filled = [row for row, text in enumerate(read) if text]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if filled:
            found = self._model.encode([read[row] for row in filled], batch_size=64, show_progress_bar=False)
            vectors[filled] = np.asarray(found, dtype=np.float32)
        return normalised(vectors)


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """*vectors* with rows of length 1; rows of zeros stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # the bound that torch.nn.functional.normalize keeps, so that both ways agree on tiny vectors, too
    scaled: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled


def fingerprint(folder: Path) -> str:
    """sha256 (hex) over what :func:`spelled` depends on, and the names and bytes of all files of the model.

    Its card and the log of its training are left out: they tell of the model and are no part of it.
    """
    whole = hashlib.sha256(f"{SPELLING} {sorted(glossary().items())}\n".encode())
    for path in _files(folder):
        whole.update(f"{path.relative_to(folder).as_posix()}\0{_sha256(path)}\n".encode())
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return hashlib.sha256().hexdigest()
        # at one go: a thread that hashes piece by piece must get the interpreter back for each
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return hashlib.sha256(content).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    for path in sorted(paths, key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if path.name.lower() not in _NO_PART and not any(part.startswith(".") for part in parts):
            yield path


def _broken(folder: Path, why: str) -> EncoderError:
    return EncoderError(
        f"the encoder is broken: {why}",
        field="encoder",
        value=str(folder),
        mend="copy the folder again or train anew",
    )


def _modules(folder: Path) -> list[tuple[str, str]]:
    """(type, subfolder) of the modules that modules.json lists."""
    path = folder / "modules.json"
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise _broken(folder, "its modules.json is too large")
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(folder, f"modules.json cannot be read ({error})") from error
    modules: list[tuple[str, str]] = []
    for entry in entries if isinstance(entries, list) else ():
        kind, part = (entry.get("type"), entry.get("path", "")) if isinstance(entry, dict) else (None, "")
        if not isinstance(kind, str) or not isinstance(part, str) or not _inside(part):
            raise _broken(folder, "modules.json has an entry that is no module of this folder")
        modules.append((kind, part))
    if not modules:
        raise _broken(folder, "modules.json lists no module")
    return modules


def _inside(part: str) -> bool:
    path = PurePosixPath(part)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in part and "\0" not in part


def _read_tokenizer(path: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise _broken(path.parent, "its tokenizer.json is too large")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path.parent, f"tokenizer.json cannot be read ({error})") from error
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # the tokenizers library raises a bare Exception for every kind of damage
        raise _broken(path.parent, f"tokenizer.json cannot be read ({error})") from error
    tokenizer.no_padding()
    return tokenizer


def _read_weights(path: Path) -> NDArray[np.float32]:
    """The (pieces, dimension) matrix of token vectors, as float32."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
        raise _broken(path.parent, f"model.safetensors cannot be read ({error})") from error
    # "embeddings" is what model2vec calls the same matrix
    matrix = tensors.get("embedding.weight", tensors.get("embeddings"))
    if matrix is None or matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind != "f":
        raise _broken(path.parent, "model.safetensors holds no matrix of token vectors")
    if "embedding.weight" not in tensors and {"mapping", "weights"} & tensors.keys():
        raise _broken(path.parent, "its token vectors are quantised by vocabulary, which is not read here")
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    if not np.isfinite(matrix).all():
        raise _broken(path.parent, "its token vectors are not all finite")
    return matrix


def _refuse_pickles(folder: Path) -> None:
    """Weights must be safetensors: a folder that offers only a pickle for a module is refused."""
    for path in _files(folder):
        if path.suffix.lower() in _PICKLES and not any(path.parent.glob("*.safetensors")):
            raise EncoderError(
                "this encoder's weights are a pickle, which can run code when it is read",
                field="encoder",
                value=str(path),
                mend="save the model with safetensors",
            )


def _load_sentence_transformer(folder: Path) -> SentenceTransformer:
    # Must be set before the hub's client is imported, which reads it once.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ImportError,
        RuntimeError,
        SafetensorError,
    ) as error:
        raise _broken(folder, str(error)) from error


def _download(name: str) -> Path:
    """The folder of the hub's model *name*, from the local cache or the network, without executable files."""
    import huggingface_hub

    try:
        folder = huggingface_hub.snapshot_download(
            name, allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model", "*.md"]
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EncoderError(
            f"there is no encoder folder of this name, and no hub gave a model ({type(error).__name__})",
            field="encoder",
            value=name,
            mend="name a folder in sentence-transformers format",
        ) from error
    return Path(folder)
