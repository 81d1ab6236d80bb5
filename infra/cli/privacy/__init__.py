"""The actions of `regulars privacy`."""
