"""Imports point down only: service → training → recommender → indexes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("indexes", "recommender", "training", "service")
MODULES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
# What a one-shot command must not wait for; each may be imported inside the function that needs it.
HEAVY = {"torch", "sentence_transformers", "pandas", "sklearn", "scipy", "alembic", "bm25s", "pyarrow"}


def imported(tree: ast.AST) -> set[str]:
    """Top-level packages that *tree* imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_nothing_from_above(path: Path):
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    found = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert not found & (above | {"tests"})


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[0] in ("indexes", "recommender")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_module_of_the_request_path_imports_nothing_heavy_at_its_top(path: Path):
    if "migrations" in path.parts:
        return
    top = ast.Module(
        [
            node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ],
        [],
    )
    assert not imported(top) & HEAVY
