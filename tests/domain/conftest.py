"""Fixtures of the domain's tests."""

from tests.support.corpora import corpora

__all__ = ["corpora"]
