"""Make the example scripts of docs/ceremonies/ anew: one for each kind beside one-tier-ca.toml, which is hand-written.

.venv/bin/python docs/data/example_ceremonies.py

The people and their public keys are those of one-tier-ca.toml. Authorities that a script takes for granted have test
names and keys that anybody can compute from this file, so that the same certificates come out every time.
"""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca.authority import key_hash
from ca.ceremony.script import Role as Part
from ca.ceremony.script import load_script
from ca.holder import holder_of_body
from ca.preparation import Plan, prepare_plan
from ca.roster import Branch, Credential, Person, Role, Roster, roster_document
from ca.signature import certificate_der
from ca.statement import key_octets
from policies.facts import parse_facts
from policies.profile import load_profiles
from policies.terms import load_terms, terms_template

FOLDER = Path(__file__).parents[1] / "ceremonies"
BASE = "http://127.0.0.1:8560"
PEOPLE = "[[people]]" + (FOLDER / "one-tier-ca.toml").read_text("utf-8").partition("[[people]]")[2].rstrip()
MADE = datetime(2026, 10, 1, 1, tzinfo=UTC)
OLDER = datetime(2021, 12, 1, 1, tzinfo=UTC)
SERIALS = {
    "issuing": "51d3a0c79be24f16",
    "responder": "8e07b2f4316cd95a",
    "root": "c2649fd8071ba35e",
    "organisation": "17f8c50e92d46ba3",
}


def key(name: str) -> ec.EllipticCurvePrivateKey:
    """The key of an example: anybody can compute it."""
    return ec.derive_private_key(int.from_bytes(sha256(name.encode()).digest()), ec.SECP384R1())


def signed(plan: Plan, own: ec.EllipticCurvePrivateKey, made: datetime) -> x509.Certificate:
    """A certificate that passed every check, signed the same way each time (RFC 6979)."""
    tbs = prepare_plan(plan, made).tbs
    shell = x509.load_der_x509_certificate(certificate_der(tbs, b""))
    digest = shell.signature_hash_algorithm or hashes.SHA384()
    signature = own.sign(tbs, ec.ECDSA(digest, deterministic_signing=True))
    return x509.load_der_x509_certificate(certificate_der(tbs, signature))


def authority(
    name: str,
    profile: str,
    made: datetime,
    common_name: str | None = None,
    above: tuple[str, x509.Certificate] | None = None,
) -> x509.Certificate:
    """The certificate of an authority that exists; `above` are the name and the certificate of who signed it."""
    found = load_profiles()[profile]
    signer, certificate = above or (name, None)
    plan = Plan(
        authority=signer,
        issuer=signer.rpartition("-g")[0],
        issuer_certificate=certificate,
        key=key(signer),
        terms=load_terms(
            terms_template("jpki" if name.startswith("jpki") else "lgpki"), base_url=BASE, authority=signer
        ),
        profile=found,
        facts=parse_facts(found.facts, {} if common_name is None else {"common_name": common_name}),
        subject_key=key(name).public_key(),
        holder=holder_of_body(name),
        serial=int.from_bytes(b"\x2a" + sha256(name.encode()).digest()[:15]),
    )
    return signed(plan, key(signer), made)


def bridge() -> x509.Certificate:
    """The self-signed certificate of an invented bridge."""
    own = key("bridge")
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "MIHON-TEST"),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "Bridge CA"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder(name, name, own.public_key(), 42, MADE, MADE.replace(year=2046))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(own, hashes.SHA384(), ecdsa_deterministic=True)


ROOT = authority("lgpki-root-g1", "lgpki-app-root", MADE, "Application CA Root")
CERTIFICATES = {
    "jpki-sign-g1": authority("jpki-sign-g1", "jpki-sign-ca", MADE),
    "lgpki-org-g1": authority("lgpki-org-g1", "lgpki-org-ca", OLDER),
    "lgpki-root-g1": ROOT,
    "lgpki-sub-g1": authority("lgpki-sub-g1", "lgpki-app-sub", MADE, "Application CA Sub1", ("lgpki-root-g1", ROOT)),
}
FIRST_RESPONDER = key_hash(key("ocsp-jpki-sign-g1").public_key())
MAKING = {
    "jpki-sign-g1": 'profile = "jpki-sign-ca"\nterms = "jpki"',
    "lgpki-org-g1": 'profile = "lgpki-org-ca"\nterms = "lgpki"',
    "lgpki-root-g1": 'profile = "lgpki-app-root"\nterms = "lgpki"\ncommon_name = "Application CA Root"',
    "lgpki-sub-g1": 'profile = "lgpki-app-sub"\nterms = "lgpki"\ncommon_name = "Application CA Sub1"',
}


def pem(certificate: x509.Certificate) -> str:
    """A certificate as it stands in a script."""
    return f'certificate = """\n{certificate.public_bytes(Encoding.PEM).decode()}"""'


def token(name: str) -> str:
    """The table of a token that exists."""
    return f'[[tokens]]\nname = "{name}"\nlabel = "{name}"\nserial = "{SERIALS[name]}"'


def new_token(name: str) -> str:
    """The table of a token that is made."""
    return f'[[tokens]]\nname = "{name}"\nlabel = "{name}"\nnew = true'


def existing(name: str, *lines: str) -> str:
    """The table of an authority that exists."""
    return "\n".join(["[[authorities]]", f'name = "{name}"', MAKING[name], *lines, pem(CERTIFICATES[name])])


def write(kind: str, id: str, planned: str, remark: str, titles: dict[str, str], *tables: str) -> None:
    """Write one script; `titles` are title_ja, title_en, purpose_ja and purpose_en."""
    head = f"""\
        # The people are invented. Their public keys are those of cards that nobody has.
        # Made by docs/data/example_ceremonies.py; names, keys and serial numbers of tokens are invented, too.

        schema = "ninsho.ceremony.v1"
        kind = "{kind}"
        id = "{id}"
        deployment = "jpki-test"
        planned = {planned}
        place = "認証局 鍵生成室"
        quorum = 2
        timeout = 900
        base_url = "{BASE}"

        [title]
        ja = "{titles["title_ja"]}"
        en = "{titles["title_en"]}"

        [purpose]
        ja = "{titles["purpose_ja"]}"
        en = "{titles["purpose_en"]}"
    """
    comment = "\n".join(f"# {line}" for line in dedent(remark).strip().splitlines())
    text = "\n\n".join([comment + "\n" + dedent(head).rstrip(), *(dedent(each).strip() for each in tables), PEOPLE])
    (FOLDER / f"{kind}.toml").write_text(text + "\n", "utf-8")


def listed(code: str, name: str, role: Role, spki: bytes, *branches: str) -> Person:
    """A person of the roster with one credential."""
    credential = Credential(code=f"key-{code}", spki=spki, valid_from=MADE, valid_until=MADE.replace(year=2036))
    return Person(code=code, name=name, roles=(role,), branches=branches, credentials=(credential,))


def roster() -> bytes:
    """The document of a roster: one branch, one officer, and everybody of the ceremonies but the witness."""
    room = load_script((FOLDER / "one-tier-ca.toml").read_bytes()).people
    holders = [each for each in room if each.role is not Part.WITNESS]
    branch = Branch(code="branch-13103", name="港区", serves=("13103",))
    officer = key_octets(key("reception-1").public_key())
    persons = (
        listed("reception-1", "受付 一子", Role.RECEPTION, officer, branch.code),
        *(listed(each.code, each.name, Role.ADMIN, each.credential.spki) for each in holders),
    )
    return roster_document(Roster(deployment="jpki-test", version=1, made_at=MADE, branches=(branch,), persons=persons))


def write_hierarchy() -> None:
    """The scripts that make keys or certificates of authorities."""
    write(
        "root-and-subordinate",
        "lgpki-root-g1",
        "2026-12-07",
        "An offline root and the authority below it: two tokens of authorities and one of responders.",
        {
            "title_ja": "アプリケーション認証局 ルート・下位 鍵生成式",
            "title_en": "Application CA: key ceremony of root and subordinate",
            "purpose_ja": "オフラインのルート認証局と下位認証局の鍵を生成し、下位認証局証明書と失効リストを発行する。",
            "purpose_en": "Make the keys of offline root and subordinate, certify it, and sign the root's list.",
        },
        new_token("root"),
        new_token("issuing"),
        new_token("responder"),
        """
        [[authorities]]
        name = "lgpki-root-g1"
        token = "root"
        profile = "lgpki-app-root"
        terms = "lgpki"
        common_name = "Application CA Root"
        algorithm = "rsa-2048"
        issues = ["lgpki-app-sub", "ocsp-responder"]
        responder_token = "responder"
        list = { days = 30 }

        [[authorities]]
        name = "lgpki-sub-g1"
        token = "issuing"
        profile = "lgpki-app-sub"
        terms = "lgpki"
        common_name = "Application CA Sub1"
        algorithm = "rsa-2048"
        signed_by = "lgpki-root-g1"
        issues = ["lgpki-web", "ocsp-responder"]
        responder_token = "responder"
        """,
    )
    write(
        "root-list",
        "lgpki-root-list-1",
        "2027-01-04",
        """
        What an offline root signs every month: the list of what it certified,
        and a new certificate for its responder's key, which stays.
        """,
        {
            "title_ja": "ルート認証局 失効リスト更新式",
            "title_en": "Root: its list and its responder's certificate",
            "purpose_ja": "ルート認証局の失効リストに署名し、OCSPレスポンダ証明書を更新する。",
            "purpose_en": "Sign the root's revocation list and renew the certificate of its OCSP responder.",
        },
        token("root"),
        existing("lgpki-root-g1", 'token = "root"', 'responder = "ocsp-lgpki-root-g1"', "list = { days = 30 }"),
        existing("lgpki-sub-g1", 'signed_by = "lgpki-root-g1"'),
    )
    write(
        "responder-key",
        "jpki-sign-g1-ocsp-2",
        "2027-01-05",
        """
        A second key of a responder, whose first one may be in a stranger's hands: from now on only the new one answers.
        Without `ended_responder` both may, so that answers go on during a planned change; the first ends later, in a
        ceremony of kind authorisation.
        """,
        {
            "title_ja": "OCSPレスポンダ 鍵生成式",
            "title_en": "OCSP responder: key ceremony",
            "purpose_ja": "署名用認証局のOCSPレスポンダの新しい鍵を生成して認証し、以前の鍵を使用停止とする。",
            "purpose_en": "A new key of the signing CA's OCSP responder, certified; the old one answers no more.",
        },
        token("issuing"),
        token("responder"),
        existing(
            "jpki-sign-g1",
            'token = "issuing"',
            'responder = "ocsp-jpki-sign-g1-2"',
            'responder_token = "responder"',
            f'ended_responder = {{ key = "{FIRST_RESPONDER.hex()}", compromised = true }}',
        ),
    )
    write(
        "renewal",
        "lgpki-org-g2",
        "2026-12-14",
        """
        The renewal of an authority's key: a new generation under the same name. It takes over at `issuing_from`;
        from then on the old one issues nothing more and answers for what it issued until its certificate ends.
        The links join both generations (RFC 4210 section 4.4). An authority whose certificates name issuer and serial
        number of their issuer's certificate, as all of JPKI do, has none: no path leads over them, and `check` says so.
        """,
        {
            "title_ja": "組織認証局 鍵更新式(第2世代)",
            "title_en": "Organisation CA: renewal of its key (second generation)",
            "purpose_ja": "組織認証局の第2世代の鍵を生成し、第1世代とのリンク証明書を発行する。",
            "purpose_en": "Make the second generation's key and link both generations.",
        },
        token("organisation"),
        token("responder"),
        """
        [[authorities]]
        name = "lgpki-org-g2"
        token = "organisation"
        profile = "lgpki-org-ca"
        terms = "lgpki"
        algorithm = "rsa-2048"
        issues = ["lgpki-post", "lgpki-user", "lgpki-server", "lgpki-org-link", "ocsp-responder"]
        issuing_from = 2027-01-01T00:00:00+09:00
        replaces = "lgpki-org-g1"
        links = true
        responder_token = "responder"
        """,
        existing(
            "lgpki-org-g1",
            'token = "organisation"',
            'issues = ["lgpki-post", "lgpki-user", "lgpki-server", "lgpki-org-link", "ocsp-responder"]',
        ),
    )
    write(
        "cross-certificate",
        "lgpki-org-bridge",
        "2026-12-15",
        "The Organisation CA recognises a bridge: it certifies its key under its own name, for five years.",
        {
            "title_ja": "組織認証局 相互認証式",
            "title_en": "Organisation CA: cross-certification",
            "purpose_ja": "ブリッジ認証局への相互認証証明書を発行する。",
            "purpose_en": "Issue a cross-certificate to the bridge CA.",
        },
        token("organisation"),
        existing(
            "lgpki-org-g1",
            'token = "organisation"',
            'issues = ["lgpki-post", "lgpki-user", "lgpki-server", "lgpki-bridge-cross", "ocsp-responder"]',
        ),
        f'[peer]\nname = "bridge"\nprofile = "lgpki-bridge-cross"\n{pem(bridge())}',
    )


def write_records() -> None:
    """The scripts that change papers, not keys: backup, roster, authorisation."""
    write(
        "backup",
        "issuing-backup-1",
        "2026-12-08",
        "A token is copied under its own PIN, and the copy is tried: its keys sign and are those of the original.",
        {
            "title_ja": "トークン バックアップ・復元試験式",
            "title_en": "Backup of a token, and its test restore",
            "purpose_ja": "発行用トークンを複製し、試験用トークンに復元して鍵を確かめる。",
            "purpose_en": "Copy the issuing token, restore the copy into a throw-away token and try its keys.",
        },
        token("issuing"),
        '[backup]\ntoken = "issuing"\nfile = "issuing-1.backup"\nkeys = ["jpki-sign-g1"]',
    )
    document = roster()
    (FOLDER / "roster-1.json").write_bytes(document)
    write(
        "roster",
        "roster-1",
        "2026-12-04",
        """
        Two administrators sign the roster beside this file: who may sign what, where, with which credential. It is the
        first one, so it lists everybody who holds the ceremonies after it; the witness comes from outside.
        """,
        {
            "title_ja": "名簿署名式",
            "title_en": "Signing of the roster",
            "purpose_ja": "名簿 第1版に署名する。",
            "purpose_en": "Sign version 1 of the roster.",
        },
        f'[roster]\nfile = "roster-1.json"\nsha256 = "{sha256(document).hexdigest()}"',
    )
    write(
        "authorisation",
        "jpki-sign-g1-profiles-2",
        "2026-12-10",
        "An authority's signed record lists the profiles it issues under, by their digests; here one is withdrawn.",
        {
            "title_ja": "プロファイル認可式",
            "title_en": "Authorisation of profiles",
            "purpose_ja": "署名用認証局の記録を改め、スマートフォン用証明書の発行を停止する。",
            "purpose_en": "Change the signing CA's record: certificates for phones are issued no more.",
        },
        existing("jpki-sign-g1", 'issues = ["jpki-sign", "ocsp-responder"]'),
    )


def write_ends() -> None:
    """The scripts that end a key."""
    write(
        "destruction",
        "lgpki-org-g1-end",
        "2027-02-01",
        """
        The end of a key before its certificate's. First it signs lists that are valid for as long as its certificate,
        and a responder's certificate that lives as long; then two administrators sign that it ends; then it is gone.
        Backups of the token are destroyed with it, by the people who keep them; no program can see them.
        """,
        {
            "title_ja": "組織認証局 第1世代 鍵廃棄式",
            "title_en": "Organisation CA, first generation: destruction of its key",
            "purpose_ja": "最終の失効リストとOCSPレスポンダ証明書を発行したうえで鍵を廃棄する。",
            "purpose_en": "Sign the last lists and the last responder's certificate, then destroy the key.",
        },
        token("organisation"),
        existing(
            "lgpki-org-g1",
            'token = "organisation"',
            'issues = ["lgpki-post", "lgpki-user", "lgpki-server", "ocsp-responder-last", "ocsp-responder"]',
            'responder = "ocsp-lgpki-org-g1"',
            "list = {}",
        ),
        '[retirement]\nauthority = "lgpki-org-g1"\nreason = "key-destroyed"',
    )
    write(
        "retirement",
        "jpki-sign-g1-retired",
        "2027-02-02",
        "An authority issues no more from now on; its lists and answers go on until its certificate ends.",
        {
            "title_ja": "署名用認証局 第1世代 発行終了式",
            "title_en": "Signing CA, first generation: it issues no more",
            "purpose_ja": "署名用認証局 第1世代による発行を終了する。",
            "purpose_en": "End the issuing of the signing CA's first generation.",
        },
        existing("jpki-sign-g1"),
        '[retirement]\nauthority = "jpki-sign-g1"\nreason = "retired"',
    )
    write(
        "compromise",
        "lgpki-sub-g1-compromised",
        "2027-02-03",
        """
        A key may be in a stranger's hands. Two administrators sign it; every certificate of the authority is answered
        for as revoked from then on, and the list of the root above, whose token is here, holds the authority itself.
        """,
        {
            "title_ja": "下位認証局 危殆化対応式",
            "title_en": "Subordinate: compromise of its key",
            "purpose_ja": "下位認証局の鍵の危殆化を記録し、ルート認証局の失効リストに載せる。",
            "purpose_en": "Record the compromise of the subordinate's key and enter it in the root's list.",
        },
        token("root"),
        existing("lgpki-root-g1", 'token = "root"', "list = { days = 30 }"),
        existing("lgpki-sub-g1", 'signed_by = "lgpki-root-g1"'),
        '[retirement]\nauthority = "lgpki-sub-g1"\nreason = "compromised"\ninvalid_since = 2027-01-30T00:00:00+09:00',
    )


if __name__ == "__main__":
    write_hierarchy()
    write_records()
    write_ends()
