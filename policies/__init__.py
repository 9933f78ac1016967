"""What may be issued: profiles as data, ceilings, names, keys, validity, lint (RFC 3647 section 7)."""
