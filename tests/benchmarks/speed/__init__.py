"""How fast, how large, how steady: every figure beside its limit and beside what others do, in one run."""
