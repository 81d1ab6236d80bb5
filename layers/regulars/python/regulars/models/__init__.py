"""Learning: fit, evaluate, gate and publish. No I/O in models; stores come in from the use case."""
