"""What commands do: look at the store, plan a verb on fresh readings, submit it, and wait for what became of it."""
