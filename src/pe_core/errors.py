"""Every exception that pe_core raises on purpose.

PeError
├── SettingsError            pe.toml, an environment variable or a command's option is wrong
├── PluginError              a plugin cannot be used; lists every fault found
├── InstanceBusy             another process holds this instance's lock
├── StoreError               the database cannot be read or written
│   └── Conflict             a row changed between reading and writing
├── VaultError
│   ├── EnvelopeRefused      an envelope does not open, or is not one
│   ├── NothingToSealTo      there is no key to seal to; nothing was accepted
│   ├── MembersInvalid       the signed member list does not verify
│   └── SharesRefused        these recovery shares do not belong together
└── DeskError                an act is not possible; carries a text key for the person
    ├── NotFound             no such request, invite or visit (also: not for you)
    ├── NotAllowed           the lifecycle or the role does not allow it
    ├── TooMany              a quota or a memory limit is reached; try later
    ├── FileRefused          a file is not taken; says why
    └── UpkeepRefused        the clock or the numbers look wrong; an admin must confirm

Texts of these errors never quote what a person wrote.
"""

from collections.abc import Sequence


class PeError(Exception):
    """The root of all errors that pe_core raises on purpose."""


class SettingsError(PeError):
    """A setting is missing or wrong; the text names the table, the key and the mend."""


class PluginError(PeError):
    """One or more plugins cannot be used; ``faults`` has a line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep all faults, so that the operator mends them in one go."""
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class InstanceBusy(PeError):
    """Another process holds the lock of this instance's folder."""


class StoreError(PeError):
    """The database cannot be read or written."""


class Conflict(StoreError):
    """A row is not as the change expected it; nothing of the change was written."""


class VaultError(PeError):
    """The root of all refusals of the vault."""


class EnvelopeRefused(VaultError):
    """The bytes are no envelope of ours, or do not open with this key in this context."""


class NothingToSealTo(VaultError):
    """No valid recipient exists; the plaintext was not accepted."""


class MembersInvalid(VaultError):
    """The signed member list, or its chain, does not verify."""


class SharesRefused(VaultError):
    """The recovery shares are wrong, too few, or of different sets."""


class DeskError(PeError):
    """An act is not possible now; ``key`` names the text that says so to the person."""

    def __init__(self, key: str) -> None:
        """Keep the text key; it holds no answer of anybody."""
        self.key = key
        super().__init__(key)


class NotFound(DeskError):
    """There is no such thing, or it is not for this person: both answer alike."""


class NotAllowed(DeskError):
    """The lifecycle or the person's role does not allow this."""


class TooMany(DeskError):
    """A quota or a memory limit is reached."""


class FileRefused(DeskError):
    """The file is not taken."""


class UpkeepRefused(DeskError):
    """Upkeep would destroy more than a plausible clock explains."""
