"""Settings from strict TOML, paths, and secrets by reference."""
