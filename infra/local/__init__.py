"""The AWS of a laptop: ministack in an environment of its own, with the template that is deployed to an account."""
