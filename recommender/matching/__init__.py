"""Matching: the way of a recommendation, a module for each direction, and the steps that they share."""
