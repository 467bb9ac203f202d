"""One package per provider; none knows of another."""
