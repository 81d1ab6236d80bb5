"""The use cases of learning: build a dataset from the lake, train a model on it, promote what passes its gate."""
