"""Programs that run in the environment of an SDK, without any package of this project."""
