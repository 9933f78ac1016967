"""Revocation lists by RFC 5280 section 5: build, sign, gate, publish."""
