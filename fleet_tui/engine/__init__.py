"""Polls the providers, keeps the store true, and carries accepted actions to their recorded outcome."""
