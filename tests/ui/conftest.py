"""Fixtures of the console's tests."""

from tests.support.corpora import corpora

__all__ = ["corpora"]
