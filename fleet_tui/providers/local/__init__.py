"""Agents on this machine: those a runner of ours holds, and agent CLIs that somebody else started."""
