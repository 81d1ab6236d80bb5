"""Recommender: which products a person may buy next.

The input is the interactions of a dataset (person, product, order, time) and the names and categories of its products;
quantities and amounts have no effect. The hybrid score of a product is the weighted sum of four parts: content (similar
descriptions), collaborative (EASE), habit (the person's own repeat purchases)
and trend. The trainer chooses the parameters on one window, measures on the next, fits on everything, and publishes
`model.joblib` for candidates and `scorer.json` for the plain Python scorers. A training needs 50 buyers, 10 products and
30 people who bought again in the hold-out window.
"""
