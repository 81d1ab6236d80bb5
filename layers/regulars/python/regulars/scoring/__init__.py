"""Pure-Python scorers of published models: nothing here imports numpy, pandas or scikit-learn."""
