"""`ninsho audit verify` and the signer's start: a database that forgot what the trail or an anchor knows."""

import json

from tests.fixtures.home import Home, as_program


def test_a_removed_revocation_is_reported_with_its_serial(spare_home: Home) -> None:
    """LOG-1: the chains are whole, and yet the database no longer says what they say; exit status 1."""
    with spare_home.signing():
        issued = spare_home.ninsho("cert", "issue", *spare_home.case(), *spare_home.everybody)
        serial = issued.body["certificate"]["serial"]
        revoke = ("revoke", "cert", "jpki-auth", serial, "--event", "death", "--yes", *spare_home.signs("register-1"))
        assert spare_home.ninsho(*revoke).status == 0
    assert spare_home.ninsho("audit", "verify").body["differences"] == []
    spare_home.tamper("DELETE FROM revocation_journal")
    spare_home.tamper("UPDATE status SET state = 0, revoked_at = NULL, reason = NULL, step = 0")
    answer = spare_home.ninsho("audit", "verify")
    body = json.loads(answer.out)
    expected = {"serial": serial, "trail": "revoked", "database": "good", "defect": "status-differs"}
    assert answer.status == 1
    assert body["breaks"] == []
    assert expected.items() <= body["differences"][0].items()
    assert f"{serial}: status-differs, the trail says revoked" in spare_home.spoken("audit", "verify").out


def test_a_signer_refuses_a_database_older_than_the_newest_anchor(spare_home: Home) -> None:
    """LOG-1: a restored old copy, or a trail that was cut, is not worked on; only the audit public key is needed."""
    spare_home.ninsho("audit", "checkpoint")
    run = ("--config", spare_home.config.path, "--json", "signer", "run", "--once")
    assert as_program(*run).status == 0
    spare_home.tamper("DELETE FROM audit_entry WHERE event = 'authority.entered'")
    spare_home.tamper("UPDATE audit_entry SET hash = x'00'")
    refused = as_program(*run)
    assert (refused.status, refused.error["code"]) == (8, "store.anchor-refused")
