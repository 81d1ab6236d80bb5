"""Segments: which named groups a buyer belongs to, by RFM scores and by K-means clusters.

The input is the present feature row of every buyer: recency, orders, money and tenure. The trainer publishes
`scorer.json` (RFM cuts, and centroids with their names) and `model.joblib` (the K-means pipeline). RFM needs one buyer
and cuts at quintiles from 25 buyers on; clusters need 50 buyers that are not too alike. A buyer has no reasons: the
description of a segment says what sets it apart.
"""
