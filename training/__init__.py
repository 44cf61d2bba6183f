"""Corpora, encoder training and evaluation."""
