"""`ninsho terminal`: the counter PC's program, which holds the card and asks the front end what is to be done."""
