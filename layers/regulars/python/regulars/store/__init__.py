"""What is kept and where: one adapter per table and bucket over boto3, all shapes in `schema`."""
