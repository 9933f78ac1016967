"""The resident's screen: what somebody at the counter sees while the terminal works with their card."""
