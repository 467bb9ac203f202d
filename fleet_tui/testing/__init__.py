"""Fakes of the ports, the conformance kit for adapters, and the deterministic simulation of the engine."""
