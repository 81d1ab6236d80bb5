"""Segments: which named groups a buyer belongs to, by RFM scores and by K-means clusters.

The input is the present feature row of every buyer: recency, orders, money and tenure. The trainer publishes
`scorer.json` (RFM cuts, and centroids with their ids and names) and `model.joblib` (the centroids). RFM needs one buyer
and cuts at quintiles from 25 buyers on; clusters need 50 buyers that are not too alike, and are published only if two
halves of the buyers give the same ones. A training keeps the champion's cuts and clusters while they hold, each
independently of the other, and new clusters take over the ids of those that have the same people. A buyer has no reasons:
the description of a segment says what sets it apart.
"""
