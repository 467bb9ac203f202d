"""Vendors played on 127.0.0.1: stateful emulators, one per vendor, moved by one seeded world and broken on demand."""
