"""The yardstick of issuance: a bare signing loop with python-pkcs11, as its own process.

``python -m benchmarks.raw_sign MODULE TOKEN KEY`` reads the PIN from the first line of its input and says "ready". For
every further line, a number of seconds, it signs that long and answers with signatures per second and the processor
milliseconds of one.
"""

import sys
import time

import pkcs11

# DER of DigestInfo for SHA-256 up to the digest (RFC 8017 section 9.2, note 1)
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def main(module: str, token: str, label: str) -> None:
    """Open one session, find the key once, and sign on demand."""
    pin = sys.stdin.readline().strip()
    with pkcs11.lib(module).get_token(token_label=token).open(user_pin=pin) as session:
        key = session.get_key(label=label, object_class=pkcs11.ObjectClass.PRIVATE_KEY)
        if not isinstance(key, pkcs11.SignMixin):
            raise TypeError("the key may not sign")
        print("ready", flush=True)
        for line in sys.stdin:
            print(*rate(key, float(line)), flush=True)


def rate(key: pkcs11.SignMixin, seconds: float) -> tuple[float, float]:
    """Signatures per second by CKM_RSA_PKCS, and the processor time of each in milliseconds."""
    count, start, used = 0, time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - start) < seconds:
        key.sign(DIGEST_INFO + count.to_bytes(32, "big"), mechanism=pkcs11.Mechanism.RSA_PKCS)
        count += 1
    return count / elapsed, (time.process_time() - used) * 1000 / count


if __name__ == "__main__":
    main(*sys.argv[1:])
