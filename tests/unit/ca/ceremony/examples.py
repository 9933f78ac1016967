"""The shipped examples as texts that tests change, and what the program finds in them."""

from pathlib import Path

from ca.ceremony.review import Terms
from ca.ceremony.script import AuthorityPlan, Script, load_script
from policies.terms import AuthorityTerms, load_terms, terms_template

__all__ = ["EXAMPLES", "KINDS", "changed", "example", "terms_in"]

EXAMPLES = Path(__file__).parents[4] / "docs" / "ceremonies"
KINDS = sorted(file.stem for file in EXAMPLES.glob("*.toml"))


def example(kind: str) -> Script:
    """The example of a kind."""
    return load_script((EXAMPLES / f"{kind}.toml").read_bytes())


def changed(kind: str, *changes: tuple[str, str]) -> Script:
    """The example with texts replaced, each of which must be there."""
    text = (EXAMPLES / f"{kind}.toml").read_text("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return load_script(text.encode())


def terms_in(script: Script) -> Terms:
    """The shipped test terms with the script's addresses."""

    def terms(plan: AuthorityPlan) -> AuthorityTerms:
        family = terms_template("jpki" if plan.terms == "jpki" else "lgpki")
        return load_terms(family, base_url=script.base_url, authority=plan.name)

    return terms
