-- The owner's decisions about identity.
SELECT * FROM decisions
