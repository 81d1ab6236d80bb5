"""Learning: datasets, trainers and scorers, one folder per predictor."""
