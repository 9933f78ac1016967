"""One OCSP worker against `openssl ocsp` and against nginx with answers signed before; questions carry no nonce.

Our server's first answers are read from the database and signed in the token, each round about serials of its own;
kept answers are those asked for before. openssl signs every answer. The questions are the same octets for all.
"""

import http.client
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from cryptography.x509 import ocsp as x509_ocsp

from benchmarks.home import installation
from benchmarks.load import Load, load, processor
from benchmarks.measure import Outcome, Row, median_of_ratios
from benchmarks.population import Population, populate
from benchmarks.rivals import openssl_responder, static_files
from cli.config import Config
from cli.demo.programs import Programs, running
from cli.errors import Disagreement

ROUNDS = 5
SECONDS = 3
OPENSSL, STATIC = "openssl ocsp, POST", "nginx, files signed before, GET"
FIRST, POST, GET = "ours, first answers, POST", "ours, kept answers, POST", "ours, kept answers, GET"


def ocsp(size: int, say: Callable[[str], None]) -> Outcome:
    """Ask about `size` serial numbers in `ROUNDS` rounds; raises `Disagreement` on any error of a responder."""
    with installation("postgresql") as config, running(config.path, config.home / "log") as ours:
        fresh = size // 2
        say(f"{size + ROUNDS * fresh} certificates are entered")
        population = populate(config, size + ROUNDS * fresh)
        kept = slice(size)
        bodies = population.write_bodies(config.home / "kept.hex", kept)
        paths = population.write_paths(config.home / "kept.txt", kept)
        serve(config, ours)
        answers = config.home / "answers"
        write_answers(config, population, paths, answers)
        loads: dict[str, list[Load]] = defaultdict(list)
        with (
            openssl_responder(config.home / "openssl", population) as openssl,
            static_files(config.home / "nginx", answers) as nginx,
        ):
            url = f"{config.ocsp.base_url}/ocsp"
            for number in range(ROUNDS):
                begin = size + number * fresh
                first = population.write_bodies(config.home / "first.hex", slice(begin, begin + fresh))
                loads[OPENSSL].append(load("POST", openssl, first, SECONDS))
                loads[FIRST].append(all_new(load("POST", url, first, SECONDS), fresh))
                loads[STATIC].append(load("GET", nginx, paths, SECONDS))
                loads[GET].append(load("GET", url, paths, SECONDS))
                loads[POST].append(load("POST", url, bodies, SECONDS))
                say(", ".join(f"{name}: {each[-1].rate:.0f}/s" for name, each in loads.items()))
    settings: dict[str, str | int] = {
        "serials": size,
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "workers": 1,
        "database": "postgresql",
        "responder key": "P-256",
    }
    return Outcome("ocsp", "status answers of one worker", settings, rows(loads))


def all_new(asked: Load, questions: int) -> Load:
    """The load itself; raises `Disagreement` when it came to questions that were answered before."""
    if asked.answers > questions:
        raise Disagreement("The first answers ran out before the time did.", "Run with a larger --size.")
    return asked


def serve(config: Config, ours: Programs) -> None:
    """Start `ninsho ocsp serve` with one worker on the first processor."""
    with processor(0):
        ours.start("ocsp", ["ocsp", "serve", "--workers", "1"])
    ours.wait_for_port("ocsp", config.ocsp.host, config.ocsp.port)


def write_answers(config: Config, population: Population, paths: Path, folder: Path) -> None:
    """Our own signed answers as files, under the whole path of the request; raises `Disagreement` for a wrong one."""
    (folder / "ocsp").mkdir(parents=True)
    connection = http.client.HTTPConnection(config.ocsp.host, config.ocsp.port, timeout=10.0)
    for serial, path in zip(population.serials, paths.read_text("ascii").split(), strict=False):
        connection.request("GET", path)
        der = connection.getresponse().read()
        check(der, serial, serial in population.revoked)
        (folder / path.removeprefix("/")).write_bytes(der)
    connection.close()


def check(der: bytes, serial: int, revoked: bool) -> None:
    """Raise `Disagreement` unless the answer is about this serial number and states its status."""
    answer = x509_ocsp.load_der_ocsp_response(der)
    expected = x509_ocsp.OCSPCertStatus.REVOKED if revoked else x509_ocsp.OCSPCertStatus.GOOD
    if (answer.serial_number, answer.certificate_status) != (serial, expected):
        raise Disagreement(f"The answer about {serial:x} says something else.", "Look at log/ocsp.log.")


def rows(loads: Mapping[str, Sequence[Load]]) -> tuple[Row, ...]:
    """Answers per second; our first answers are held against openssl, which signs too, kept ones against nginx."""
    yardsticks = {FIRST: OPENSSL, POST: STATIC, GET: STATIC}
    rates = {name: tuple(one.rate for one in each) for name, each in loads.items()}
    made = []
    for name in (OPENSSL, STATIC, FIRST, POST, GET):
        against = yardsticks.get(name)
        detail = (
            f"p50 {median(one.p50 for one in loads[name]):.2f} ms, p99 {median(one.p99 for one in loads[name]):.2f} ms"
        )
        if against is None:
            made.append(Row(name, "answers/s", rates[name], None, detail))
            continue
        if against != OPENSSL:
            detail += f"; {median_of_ratios(rates[name], rates[OPENSSL]):.3g} times openssl"
        ratio = median_of_ratios(rates[name], rates[against])
        made.append(Row(name, "answers/s", rates[name], ratio, f"of {against.partition(',')[0]}; {detail}"))
    return tuple(made)
