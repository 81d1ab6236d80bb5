"""Churn: the probability that a buyer buys nothing within the shop's horizon.

The input is one feature row a buyer, from events before a cut-off. The trainer fits on past cut-offs, evaluates on the
newest labelled one, and publishes `scorer.json` (a logistic regression or boosted trees as plain numbers) and
`model.joblib`. A training needs 50 repeat buyers, labels of one horizon before the hold-out, and 20 buyers of each outcome in
the training rows and in the hold-out. Without a published model, a buy-till-you-die rule (`lifetime_rule`) is fitted to
the present buyers, however few. Both give a probability; the scorer adds a band in relation to the shop's other buyers,
and up to three reasons that argue for it.
"""
