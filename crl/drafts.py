"""The files of one publication: the lists in force, the spooled entries, and the new lists before the gate."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from crl.builder import Heading, Spool, WrittenList, spool_entries, write_list
from crl.errors import NoFolderForDrafts
from crl.reader import ListFile, open_list
from crl.scope import point_of
from crl.signer import ListSigner
from store.crls import entries
from store.database import Transaction
from store.errors import NotPublished
from store.partitions import Partition
from store.publication import Publication
from store.status import Compromise


@dataclass(frozen=True, slots=True)
class Draft:
    """A new list in a file of its own, not yet published."""

    signer: ListSigner
    heading: Heading
    path: Path
    list: ListFile
    written: WrittenList


def published_name(authority: str, partition: str) -> str:
    """The name of a list in the place of publication."""
    return f"crl/{authority}/{partition}.crl"


def version_of(number: int) -> str:
    """The version a list is published under: its number, so written that the newest is the last in text order."""
    return f"{number:012d}"


class Drafts:
    """A temporary folder with the files of one partition's publication, gone when the block ends."""

    def __init__(
        self,
        publication: Publication,
        signers: tuple[ListSigner, ...],
        partition: Partition,
        compromised: tuple[Compromise, ...] = (),
    ) -> None:
        self.signers = signers
        self.partition = partition
        self.compromised = compromised
        self._publication = publication
        self._stack = ExitStack()
        self._fetched: dict[str, ListFile] = {}

    def __enter__(self) -> Self:
        """Make the folder. Raises NoFolderForDrafts where none can be made."""
        try:
            folder = tempfile.TemporaryDirectory(prefix="crl-")
        except OSError:  # FileNotFoundError when no place for one is writable, others when its file system fails
            raise NoFolderForDrafts from None
        self._folder = Path(self._stack.enter_context(folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def newest_number(self) -> int:
        """The greatest number any generation's list of this partition was published under; 0 before the first."""
        return max((int(version) for one in self.signers if (version := self._newest_version(one))), default=0)

    def previous(self) -> tuple[ListFile | None, ...]:
        """Each generation's newest published list, fetched anew only if there is a newer one; None before the first.

        It is the newest version, which is put once and never changed, not what stands under the current name.
        """
        return tuple(self._fetch(one) for one in self.signers)

    def current(self, signer: ListSigner) -> bytes | None:
        """The SHA-256 of what verifiers get under the published name; None where they get nothing."""
        digest = sha256()
        try:
            for part in self._publication.stream(published_name(signer.authority, self.partition.code)):
                digest.update(part)
        except NotPublished:
            return None
        return digest.digest()

    def past(self) -> datetime | None:
        """The earliest date of the lists in force: what ended before it stood in a list after its end."""
        dates = [one.heading.last_update_utc for one in self.previous() if one is not None]
        return min(dates, default=None)

    def spool(self, snapshot: Transaction) -> Spool:
        """Write the partition's entries of this snapshot to a file."""
        rows = entries(snapshot, self.partition.issuer, self.partition.code, self.past(), self.compromised)
        return spool_entries(rows, self.signers[0].profile, self._file("entries"))

    def draft(self, signer: ListSigner, number: int, this_update: datetime, spool: Spool) -> Draft:
        """Write and sign one generation's list, and read it back."""
        heading = Heading(
            profile=signer.profile,
            partition=self.partition.code,
            issuer=signer.certificate.subject.public_bytes(),
            key_identifier=signer.key_identifier,
            distribution_point=point_of(signer, self.signers, self.partition),
            number=number,
            this_update=this_update,
        )
        name = f"{signer.authority}.crl"
        file = self._file(name)
        written = write_list(heading, spool, signer.key, file)
        file.flush()
        return Draft(signer, heading, self._folder / name, open_list(file), written)

    def publish(self, draft: Draft) -> None:
        """Put the list under its number, then swap the current name to it."""
        name = published_name(draft.signer.authority, self.partition.code)
        self._publication.put(name, draft.path, version_of(draft.heading.number))

    def _newest_version(self, signer: ListSigner) -> str | None:
        versions = self._publication.versions(published_name(signer.authority, self.partition.code))
        return versions[-1] if versions else None

    def _fetch(self, signer: ListSigner) -> ListFile | None:
        version = self._newest_version(signer)
        if version is None:
            return None
        place = f"{signer.authority}.{version}"
        if place not in self._fetched:
            file = self._file(place)
            for part in self._publication.stream(published_name(signer.authority, self.partition.code), version):
                file.write(part)
            self._fetched[place] = open_list(file)
        return self._fetched[place]

    def _file(self, name: str) -> BinaryIO:
        return self._stack.enter_context((self._folder / name).open("w+b"))
