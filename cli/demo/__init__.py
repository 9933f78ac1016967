"""The demo: a national CA in miniature on SoftHSM2, with synthetic people, on this host only."""
