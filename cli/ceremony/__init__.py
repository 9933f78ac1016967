"""Key ceremonies at the terminal: their command, the people who sit at it, and the tokens they open."""
