"""One construct per capability; each grants its functions the narrowest actions beside what they are used for."""
