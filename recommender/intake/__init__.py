"""Taking in lists from outside: readers of five formats, headers, values, code tables, and the importer.

Every file is taken for a hostile one. Use :func:`recommender.intake.importer.import_file`; the code tables
of places and industries are in :mod:`recommender.intake.codes`.
"""
