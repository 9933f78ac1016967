"""Where keys live: PKCS#11 tokens whose keys are `cryptography` private keys (RFC 3647 section 6)."""
