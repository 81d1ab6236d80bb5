"""The use case of scoring: the present champions, or rules where there is none, say what they think of everybody."""
