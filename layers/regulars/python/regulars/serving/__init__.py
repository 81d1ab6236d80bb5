"""What the API answers: profiles, segments and recommendations, read from what was scored before."""
