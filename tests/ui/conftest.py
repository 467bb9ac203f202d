"""Fixtures of the console's tests, and a pilot that rests for all of them."""

from tests.support.corpora import corpora
from tests.support.pilot import rest_instead_of_time

__all__ = ["corpora"]

rest_instead_of_time()
