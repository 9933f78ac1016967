"""RSA-2048 key pairs of holders. Making one takes about 80 ms, so they are kept in the user's cache for the next run.

They certify nobody: each benchmark's authority vanishes with it.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cli.demo.holder_keys import make_key


def subject_keys(count: int) -> list[rsa.RSAPrivateKey]:
    """`count` different keys from the cache; what is missing is made by all processors and kept."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = sorted(folder.glob("*.der"))[:count]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for number, der in enumerate(pool.map(make_key, range(len(known), count), chunksize=4), len(known)):
            path = folder / f"{number:06d}.der"
            path.touch(mode=0o600)
            path.write_bytes(der)
            known.append(path)
    return [load_key(path) for path in known]


def cache_folder() -> Path:
    """Where the keys lie: outside the project, so nothing can commit them."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "ninsho-bench" / "rsa-2048"


def load_key(path: Path) -> rsa.RSAPrivateKey:
    """The key in a file of the cache; TypeError for another kind."""
    # made by this library on this machine: validating it again takes 40 ms
    key = load_der_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path.name} is no RSA key")
    return key
