"""Certificate status answers by RFC 6960: parse, answer, serve."""
