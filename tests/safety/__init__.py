"""Proofs that no release is ever half there: programs for the long run, tests for their short form."""
