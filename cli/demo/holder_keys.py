"""Holders' keys of the demo, made by several processes at once. In life a card or a server makes its own."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

# RSA with 2048 bits and the exponent 65537, as every card of today (fact sheet b.0)
BITS = 2048
EXPONENT = 65537


def make_key(number: int) -> bytes:
    """One key pair as PKCS#8 in DER; `number` only counts."""
    key = rsa.generate_private_key(EXPONENT, BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def holder_keys(count: int) -> Iterator[rsa.RSAPrivateKey]:
    """`count` key pairs, as they are made; all processors work on them."""
    # "spawn": a child that is forked would inherit the token's sessions
    pool = ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn"))
    try:
        for der in pool.map(make_key, range(count), chunksize=4):
            # the key was made a moment ago by this library: validating it again takes 40 ms
            key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
            if isinstance(key, rsa.RSAPrivateKey):
                yield key
    finally:
        pool.shutdown(cancel_futures=True)
