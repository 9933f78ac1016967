"""What becomes of a case once the signer has spoken, also of one that was sent back or withdrawn before."""

from store.cases import CaseRecord, case_by_receipt
from tests.fixtures.walk import Walk

MINATO = frozenset({"minato"})


def case_at(walk: Walk, path: str) -> CaseRecord:
    """The case of an address, after its page was looked at."""
    walk.browser("reception-minato").get(path)
    with walk.house.owner.snapshot() as tx:
        return case_by_receipt(tx, MINATO, path.rpartition("/")[2])


def sent_back(walk: Walk) -> str:
    """A case whose approver asked for a correction, and that came to its approval again with new applications."""
    path = walk.issue(until="approve")
    receipt = path.rpartition("/")[2]
    approver = walk.browser("approver-minato", "approval")
    approver.get(f"/approvals/{receipt}")
    answer = approver.post(f"/approvals/{receipt}", {"send_back": "1", "comment": "住所を確かめる"})
    assert answer.status_code == 303
    for take in (walk.compared, walk.keyed, walk.submitted, walk.examined):
        take(path)
    return path


def test_a_case_that_was_sent_back_goes_on_once_its_new_applications_are_carried_out(walk: Walk) -> None:
    """Decision 0025: the old applications stay unapproved; nothing waits for them, and no certificate is left behind."""
    path = sent_back(walk)
    walk.approved(path)
    walk.carried_out()
    assert case_at(walk, path).step == "write"
