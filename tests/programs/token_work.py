"""Work with a token in a process of its own, so that a crash or a fork harms nobody. Called by tests, through `run`.

    python -m tests.programs.token_work sign|start|fork|destroy|generate   (a JSON document on standard input)

Prints one JSON document; any failure is a traceback and exit status 1.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.generation import KeyAlgorithm
from hsm.keys import SigningKey
from hsm.token import Token, TokenConfig
from tests.fixtures.token_faults import FAULTS, generation

__all__ = ["begin", "finish"]

ROOT = Path(__file__).parents[2]


def begin(verb: str, config: TokenConfig, pin: str, **facts: object) -> "subprocess.Popen[str]":
    """Start this program on the token of `config`; `facts` are what the verb needs."""
    document = {"config": {**_plain(config)}, "pin": pin, **facts}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.programs.token_work", verb],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(document))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: "subprocess.Popen[str]", seconds: float = 120) -> Any:  # noqa: ANN401  # a JSON document has no narrower type
    """The JSON document the program printed; AssertionError with its traceback when it failed or crashed."""
    out, err = process.communicate(timeout=seconds)
    assert process.returncode == 0, f"exit status {process.returncode}\n{err}"
    return json.loads(out)


def _plain(config: TokenConfig) -> dict[str, object]:
    return {
        "module": str(config.module),
        "label": config.label,
        "serial": config.serial,
        "lock": str(config.lock),
        "sessions": config.sessions,
        "environment": dict(config.environment),
    }


def sign(token: Token, facts: Mapping[str, Any]) -> object:
    """Let threads sign by the keys in turn, verify each signature with the given public keys, make faults meanwhile."""
    keys = [(token.signing_key(label), load_der_public_key(bytes.fromhex(spki))) for label, spki in facts["keys"]]
    done, faults = threading.Event(), [0] * len(FAULTS)

    def harm() -> None:
        for kind in itertools.cycle(range(len(FAULTS))):
            if done.wait(facts["fault_seconds"]):
                break
            faults[kind] += FAULTS[kind](token)

    def work(thread: int) -> int:
        for number in range(facts["signatures"]):
            key, public_key = keys[0] if number % 20 else keys[-1]
            _sign_and_verify(key, public_key, f"{os.getpid()} {thread} {number}".encode())
        return int(facts["signatures"])

    with ThreadPoolExecutor(facts["threads"] + 1) as pool:
        harming = pool.submit(harm) if facts["fault_seconds"] else None
        try:
            verified = sum(pool.map(work, range(facts["threads"])))
        finally:
            done.set()
        if harming is not None:
            harming.result()
    for key, public_key in keys:  # the last fault may have come after the last signature
        _sign_and_verify(key, public_key, b"after the last fault")
    return {"verified": verified, "faults": faults, "generation": generation(token)}


def start(token: Token, facts: Mapping[str, Any]) -> object:
    """Close the token and open it again, many times."""
    config, pin = _configured(facts), facts["pin"]
    token.close()
    for _ in range(facts["times"]):
        with Token.open(config, pin) as opened:
            opened.signing_key(facts["label"])
    return {"starts": facts["times"]}


def fork(token: Token, facts: Mapping[str, Any]) -> object:
    """Fork, several times, while threads sign; each child signs too. Says how many children signed."""
    key = token.signing_key(facts["label"])
    # cryptography imports a module at the first signature; a thread forked away inside an import leaves it locked
    _sign_and_verify(key, key.public_key(), b"before the threads")
    done, children = threading.Event(), []

    def work() -> int:
        number = 0
        while not done.is_set():
            _sign_and_verify(key, key.public_key(), b"parent %d" % number)
            number += 1
        return number

    with ThreadPoolExecutor(facts["threads"] or 1) as pool:
        working = [pool.submit(work) for _ in range(facts["threads"])]
        for _ in range(facts["children"]):
            child = os.fork()
            if child == 0:
                _child(token, facts["label"], key)
            children.append(child)
        statuses = [os.waitpid(child, 0)[1] for child in children]
        done.set()
        signed = sum(each.result() for each in working)
    _sign_and_verify(key, key.public_key(), b"after the children")
    return {"statuses": statuses, "signed": signed}


def destroy(token: Token, facts: Mapping[str, Any]) -> object:
    """Destroy a key."""
    token.destroy(facts["label"])
    return {}


def generate(token: Token, facts: Mapping[str, Any]) -> object:
    """Make a P-256 key."""
    token.generate(facts["label"], KeyAlgorithm.P_256)
    return {}


def _child(token: Token, label: str, key: SigningKey) -> None:
    status = 1
    signal.alarm(60)  # a child that hangs in a lock must not hang the test
    inherited = generation(token)
    try:
        for number in range(20):
            _sign_and_verify(key, key.public_key(), b"child %d" % number)
        token.health(label)
        assert generation(token) > inherited
        token.close()
        status = 0
    finally:
        os._exit(status)


def _sign_and_verify(key: SigningKey, public_key: object, message: bytes) -> None:
    if isinstance(key, rsa.RSAPrivateKey) and isinstance(public_key, rsa.RSAPublicKey):
        public_key.verify(
            key.sign(message, padding.PKCS1v15(), hashes.SHA256()), message, padding.PKCS1v15(), hashes.SHA256()
        )
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        public_key.verify(key.sign(message, ec.ECDSA(hashes.SHA256())), message, ec.ECDSA(hashes.SHA256()))


def _configured(facts: Mapping[str, Any]) -> TokenConfig:
    document = dict(facts["config"])
    return TokenConfig(**{**document, "module": Path(document["module"]), "lock": Path(document["lock"])})


def main() -> None:
    """Do the verb named on the command line."""
    facts = json.load(sys.stdin)
    verbs = {each.__name__: each for each in (sign, start, fork, destroy, generate)}
    with Token.open(_configured(facts), facts["pin"]) as token:
        result = verbs[sys.argv[1]](token, facts)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
