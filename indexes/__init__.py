"""Vectors, postings, filters and releases: knows ids and numbers, not enterprises."""
