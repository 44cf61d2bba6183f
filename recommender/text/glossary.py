"""Latin words of the trade in Chinese, from ``glossary.csv`` (term, chinese), for asking and indexing alike.

A term with capitals is an abbreviation that Chinese texts use beside its Chinese name (ERP, SiC); one in
small letters is an English word (bearing, wind turbine tower), singular. Terms with several common meanings
in the trade (PE, ABS, GIS, API) are left out, and so are forms of contract (EPC, PPP), which name no thing.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

_LETTERS = re.compile(r"[a-z]{2}")
# Words with nothing but a space or hyphen between; 10kv and 3d hold no word
_RUN = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*(?:[ -][a-z][a-z0-9]*)*")
_WORD = re.compile(r"[a-z0-9]+")
# English words that name nothing
_FUNCTION_WORDS = frozenset(
    "a an and any are as at by for from in is need of on or our the to we with".split()
)


@cache
def glossary() -> dict[str, tuple[str, bool]]:
    """Term in small letters, words parted by spaces → its Chinese, and whether it is an English word."""
    table = files(__package__).joinpath("glossary.csv").read_text(encoding="utf-8")
    rows = [(row["term"], row["chinese"]) for row in csv.DictReader(table.splitlines())]
    return {term.lower().replace("-", " "): (chinese, term == term.lower()) for term, chinese in rows}


@cache
def _longest() -> int:
    return max(term.count(" ") + 1 for term in glossary())


def in_chinese(text: str, *, instead: bool = False) -> str:
    """*text* (search spelling) with the Chinese of each Latin term that it knows behind it, longest first.

    With *instead*, English words give way to their Chinese and English function words go: a model of Chinese
    texts makes only noise of them. Abbreviations, which it knows, stay.

    >>> in_chinese("erp软件 procurement of wind turbine towers")
    'erp 企业资源计划软件 procurement 采购 of wind turbine towers 风电塔筒'
    >>> in_chinese("erp软件 procurement of wind turbine towers", instead=True)
    'erp 企业资源计划软件 采购 风电塔筒'
    """
    if not _LETTERS.search(text):
        return text
    return _RUN.sub(lambda run: _translated(run.group(), instead), text)


def _translated(run: str, instead: bool) -> str:
    """*run*, words with one space or hyphen between, with the Chinese of its terms."""
    words = list(_WORD.finditer(run))
    made = between = ""
    at = 0
    while at < len(words):
        piece, end = words[at].group(), at + 1
        after = run[words[at].end() : words[at].end() + 1]
        for several in range(min(at + _longest(), len(words)), at, -1):
            term = run[words[at].start() : words[several - 1].end()]
            if found := _lookup(term):
                chinese, english = found
                piece, end, after = chinese if instead and english else f"{term} {chinese}", several, " "
                break
        if not (instead and piece in _FUNCTION_WORDS):
            made += between * bool(made) + piece
            between = after
        at = end
    return made


def _lookup(term: str) -> tuple[str, bool] | None:
    """What the glossary has of *term*, which may be a plural."""
    term, known = term.replace("-", " "), glossary()
    for ending, singular in (("", ""), ("s", ""), ("es", ""), ("ies", "y")):
        if term.endswith(ending) and (found := known.get(term[: len(term) - len(ending)] + singular)):
            return found
    return None
