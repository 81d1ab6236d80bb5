"""Adapters over boto3, one for each table and bucket; `schema` holds the shape of every table."""
