"""Learning: build datasets, train models and score profiles; one package for each predictor."""
