"""The installation in which a script is rehearsed."""

from pathlib import Path

from ca.ceremony.script import load_script
from cli.ceremony.rehearsal import prepare_rehearsal

ONE_TIER = Path(__file__).parents[4] / "docs" / "ceremonies" / "one-tier-ca.toml"
AUDIT = """
[[tokens]]
name = "audit"
label = "audit"
new = true

[[keys]]
token = "audit"
label = "audit"
algorithm = "p-256"
"""


def test_a_script_that_makes_the_audit_token_is_rehearsed(tmp_path: Path) -> None:
    """Its throw-away installation has that token for the audit program, as the configuration demands."""
    script = load_script((ONE_TIER.read_text(encoding="utf-8") + AUDIT).encode())
    rehearsal = prepare_rehearsal(script, tmp_path, ONE_TIER.parent)
    assert {name: each.program for name, each in rehearsal.config.tokens.items()} == {
        "issuing": "ceremony",
        "responder": "ocsp",
        "audit": "audit",
    }
