"""What is said of the tables: written after a run, to be read again after another."""

INTRODUCTION = """{needs:,} development contracts, {suppliers:,} suppliers."""
from collections import defaultdict

LESSONS = defaultdict(str)
REMARKS = ""
