"""The page to explore cubes: what it does (`session`, `work`), what it shows (`page`), how it is served (`server`)."""
