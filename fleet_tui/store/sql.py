"""Builds statements from our own table and column names; values only ever travel as parameters."""

from collections.abc import Sequence


def columns(names: Sequence[str]) -> str:
    return ", ".join(names)


def places(names: Sequence[str]) -> str:
    return ", ".join("?" for _ in names)


def select(names: Sequence[str], table: str, rest: str = "") -> str:
    """`rest` is what follows the table: WHERE, ORDER BY, LIMIT."""
    return f"SELECT {columns(names)} FROM {table} {rest}"  # noqa: S608 - names are constants of the schema


def insert(table: str, names: Sequence[str], *, otherwise: str = "") -> str:
    """`otherwise` says what becomes of a row that is there already: `IGNORE` or `REPLACE`; empty is an error."""
    how = f"INSERT OR {otherwise}" if otherwise else "INSERT"
    return f"{how} INTO {table} ({columns(names)}) VALUES ({places(names)})"


def insert_from(table: str, names: Sequence[str], query: str) -> str:
    """Insert what a query gives."""
    return f"INSERT INTO {table} ({columns(names)}) {query}"


def upsert(table: str, identity: Sequence[str], values: Sequence[str], *, also: str = "") -> str:
    """Insert, or set `values` and `also` on the row of that identity."""
    assigned = ", ".join([*(f"{name} = excluded.{name}" for name in values), *([also] if also else [])])
    return f"{insert(table, (*identity, *values))} ON CONFLICT ({columns(identity)}) DO UPDATE SET {assigned}"


def delete_chosen(table: str, chosen: str) -> str:
    """Delete the rows whose ids a query gives."""
    return f"DELETE FROM {table} WHERE id IN ({chosen})"  # noqa: S608 - names are constants of the schema
