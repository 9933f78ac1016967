"""審査票 and 発行通知: what a branch of a local government keeps and sends for its staff's certificates (LGPKI)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from ca.canonical import CONFIG, Digest, Moment, Serial
from ra.papers.sheet import Counter, Form, Name, Number, Short, Text
from ra.papers.words import CertificateKind, Check, CheckResult, Words

__all__ = ["ExaminationSheet", "Examined", "Examiner", "IssueNotice", "Staff"]


@dataclass(frozen=True, slots=True, config=CONFIG)
class Staff:
    """For whom a certificate is: the body and its five-digit code, department, post, holder; empty where none is."""

    body: Short
    body_code: Annotated[str, Field(pattern=r"\A[0-9]{5}\z")]
    department: Name
    post: Name
    holder: Name


@dataclass(frozen=True, slots=True, config=CONFIG)
class Examined:
    """One item of the examination, its result, and what the examiner remarked."""

    check: Check
    result: CheckResult
    remark: Short


@dataclass(frozen=True, slots=True, config=CONFIG)
class Examiner:
    """Who examined, and when."""

    name: Name
    at: Moment


@dataclass(frozen=True, slots=True, config=CONFIG)
class ExaminationSheet:
    """A branch's check sheet (fact sheet d.3, d.4): kept by the branch, signed by its examiners.

    `returned` says why the application went back, and is empty where it did not.
    """

    form: ClassVar[Form] = Form("examination-sheet", Words("審査票", "Examination sheet"), "a4", 2, handed_out=False)

    counter: Counter
    receipt: Number
    at: Moment
    application: Annotated[str, Field(pattern=r"\A[0-9a-f-]{36}\z")]
    renewal: bool
    kind: CertificateKind
    staff: Staff
    subject: Text
    request_digest: Digest
    approver: Name
    checks: Annotated[tuple[Examined, ...], Field(min_length=1, max_length=10)]
    examiners: Annotated[tuple[Examiner, ...], Field(max_length=2)]
    decision: Literal["pass", "return", "open"]
    returned: Text


@dataclass(frozen=True, slots=True, config=CONFIG)
class IssueNotice:
    """What a department gets with its certificate, with the slip that it sends back (fact sheet d.2 step 9, d.3).

    `medium` is the number of the key medium, empty where the key lies in none; `fingerprint` the SHA-256 of the DER.
    """

    form: ClassVar[Form] = Form("issue-notice", Words("発行通知", "Issue notice"), "a4", 2, handed_out=True)

    counter: Counter
    receipt: Number
    at: Moment
    application: Annotated[str, Field(pattern=r"\A[0-9a-f-]{36}\z")]
    kind: CertificateKind
    staff: Staff
    subject: Text
    serial: Serial
    fingerprint: Digest
    not_before: Moment
    not_after: Moment
    medium: Short
    receiver: Name
