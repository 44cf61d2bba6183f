"""The tokenizer: a unigram model over chosen words, cut by Viterbi.

Words are counted with rjieba; the best of them, all common single characters, letters, digits and the codes
of the trade become the pieces of a ``tokenizers`` Unigram model, with the logarithm of their relative
frequency as score. No slow EM: a dictionary segmenter has already said what a word is. A word that is not in
the vocabulary falls apart into shorter words and characters that are.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

import rjieba
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

UNKNOWN = "[UNK]"
"""Piece 0: what no other piece covers. Its vector is zero."""

LONGEST_WORD = 10
"""Characters. Longer dictionary words are compounds whose parts say the same."""

CHARACTERS = 0.12
"""This part of the vocabulary is spent on single characters, more where there are not words enough."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_CODE = re.compile(r"[a-zα-ω0-9]+")
_NUMBER = re.compile(r"[0-9]{3,}")
# Everything but letters and digits of any script separates: punctuation means nothing in a bag of tokens.
_SEPARATOR = r"[^\p{L}\p{N}]+"


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word and each Latin or numeric code occurs in *texts* (search spelling).

    >>> sorted(count_words(["304不锈钢阀门"]))
    ['304', '不锈钢', '阀门']
    """
    counts: Counter[str] = Counter()
    for text in texts:
        for run in _HAN.findall(text):
            counts.update(rjieba.cut(run))
        counts.update(_CODE.findall(text))
    return counts


def mix(counts: Iterable[tuple[Mapping[str, int], float]]) -> dict[str, float]:
    """Weighted sum of several word counts."""
    mixed: dict[str, float] = {}
    for words, weight in counts:
        for word, count in words.items():
            mixed[word] = mixed.get(word, 0.0) + weight * count
    return mixed


def choose_pieces(weights: Mapping[str, float], size: int) -> list[tuple[str, float]]:
    """At most *size* pieces with their log probability: the unknown piece, single characters, words.

    A single character counts for every word it occurs in, for it is what a rare word falls back on. Bare
    numbers of three and more digits are left out: they say nothing without their unit, and the lexical half
    finds them. Ties are broken by spelling, so that the same counts always give the same vocabulary.
    """
    characters: dict[str, float] = {}
    words: dict[str, float] = {}
    for word, weight in weights.items():
        for character in word:
            characters[character] = characters.get(character, 0.0) + weight
        if 1 < len(word) <= LONGEST_WORD and not _NUMBER.fullmatch(word):
            words[word] = weight
    total = sum(words.values()) + sum(weights[c] for c in characters if c in weights)
    best_words = _best(words, size - 1 - min(int(size * CHARACTERS), len(characters)))
    chosen = _best(characters, size - 1 - len(best_words)) + best_words
    # A character inside words is much more frequent than as a word of its own: only the latter is its score,
    # or else the Viterbi path would prefer two characters to their rare compound.
    scores = [(piece, math.log(max(weights.get(piece, 0.0), 0.01) / total)) for piece, _ in chosen]
    return [(UNKNOWN, 0.0), *scores]


def _best(weights: Mapping[str, float], number: int) -> list[tuple[str, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:number]


def build_tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """The tokenizer over *pieces* (the unknown one first): NFKC, lower case, cut at punctuation, Viterbi."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_SEPARATOR), behavior="removed")
    return tokenizer
