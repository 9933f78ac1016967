"""Which token a program uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hsm.vendors import VendorName

__all__ = ["TokenConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """One token, named by its module and by label, serial number or both; ValueError when neither is given.

    `module`: explicit path of the PKCS#11 library; nothing is searched for. `lock`: a file in a folder that exists, the
    same for all processes that use this token; they take turns at it to start. `sessions`: how many signatures may run
    at once, at least 1. `environment`: variables the module reads when it starts (SoftHSM: SOFTHSM2_CONF). They are set
    in this process just before; all tokens open at one time behind one module must agree on them.
    """

    module: Path
    label: str | None = None
    serial: str | None = None
    vendor: VendorName = "softhsm"
    lock: Path
    sessions: int = 8
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.label is None and self.serial is None:
            raise ValueError("a token is named by its label or its serial number")
        if self.sessions < 1:
            raise ValueError("a token needs at least one session")

    @property
    def name(self) -> str:
        """The token's name in messages."""
        return f"{self.label}" if self.label is not None else f"serial {self.serial}"

    def names(self, label: str, serial: bytes) -> bool:
        """Whether this configuration means the token that shows this label and serial number."""
        shown = serial.decode("ascii", "replace").strip()
        return self.label in (None, label) and self.serial in (None, shown)
