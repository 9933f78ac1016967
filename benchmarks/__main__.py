"""``python -m benchmarks [NAME] [--json] [--size N]``: run one benchmark, or all of them one after another."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from benchmarks.machine import surroundings
from benchmarks.measure import Outcome, document, table


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; the exit status is 130 after Ctrl-C, and nothing runs on."""
    asked = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    names = list(BENCHMARKS) if asked.name == "all" else [asked.name]
    documents = []
    try:
        for name in names:
            run, size = BENCHMARKS[name]
            where = surroundings()
            outcome = run(asked.size or size, _say)
            documents.append(document(outcome, where))
            if not asked.json:
                print(f"{outcome.benchmark}: {outcome.what}\n")
                print(f"{table(outcome.rows)}\n")
                print(
                    "\n".join(f"  {key}: {value}" for key, value in {**outcome.settings, **where}.items()), end="\n\n"
                )
    except KeyboardInterrupt:
        return 130
    if asked.json:
        print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False))
    return 0


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.add_argument("name", nargs="?", choices=[*BENCHMARKS, "all"], default="all")
    made.add_argument("--json", action="store_true", help="one JSON document with every round on standard output")
    made.add_argument("--size", type=int, help="certificates, serials or entries; smaller runs tell less")
    return made


def _issue(size: int, say: Callable[[str], None]) -> Outcome:
    from benchmarks.issue import issue  # each benchmark imports what it measures, no more

    return issue(size, say)


def _ocsp(size: int, say: Callable[[str], None]) -> Outcome:
    from benchmarks.ocsp import ocsp

    return ocsp(size, say)


def _crl(size: int, say: Callable[[str], None]) -> Outcome:
    from benchmarks.crl import crl

    return crl(size, say)


def _search(size: int, say: Callable[[str], None]) -> Outcome:
    from benchmarks.search import search

    return search(size, say)


BENCHMARKS: Mapping[str, tuple[Callable[[int, Callable[[str], None]], Outcome], int]] = {
    "issue": (_issue, 5_000),
    "ocsp": (_ocsp, 10_000),
    "crl": (_crl, 1_000_000),
    "search": (_search, 1_000_000),
}
"""Each with its size, which takes at most four minutes on two processors once the subject keys are made."""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
