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
│   ├── SharesRefused        these recovery shares do not belong together
│   └── KeysetRefused        keys of another embassy that nobody we trust has signed
├── PacketRefused            what another embassy sent is not taken; says why in a word
├── DoorError
│   ├── AddressRefused       an address that nothing is sent to, such as one inside
│   ├── NoAnswer             another machine cannot be reached, is too slow, or says too much
│   ├── AnswerRefused        it answered, and not with yes
│   └── AskedTooOften        it was asked a moment ago, or many others were
├── RingFailed               a notifier could not ring; says whether to try again
└── DeskError                an act is not possible; carries a text key for the person
    ├── NotFound             no such request, invite or visit (also: not for you)
    ├── NotAllowed           the lifecycle or the role does not allow it
    │   └── PeerClosed       no letter can go to another embassy now; says to which
    ├── TooMany              a quota or a memory limit is reached; try later
    ├── FileRefused          a file is not taken; says why
    └── UpkeepRefused        the clock or the numbers look wrong; an admin must confirm

Texts of these errors never quote what a person wrote. Each class says who sees it and what
mends it; docs/authors/errors.md is made from that.
"""

from collections.abc import Sequence


class PeError(Exception):
    """The root of all errors that pe_core raises on purpose.

    Seen by: never by itself.
    Mend: catch it where every refusal is to be treated alike.
    """


class SettingsError(PeError):
    """A setting is missing or wrong; the text names the table, the key and the mend.

    Seen by: whoever runs `pe`, as one line a fault; exit code 1.
    Mend: change the key that the line names.
    """


class PluginError(PeError):
    """One or more plugins cannot be used; ``faults`` has a line for each.

    Seen by: whoever runs `pe`, as one line a fault; exit code 1.
    Mend: do what each line says.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep all faults, so that the operator mends them in one go."""
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class InstanceBusy(PeError):
    """Another process holds the lock of this instance's folder.

    Seen by: whoever runs `pe`, as one line; exit code 1.
    Mend: stop the other process, or give the command while it serves.
    """


class StoreError(PeError):
    """The database cannot be read or written.

    Seen by: whoever runs `pe`; people get a page with *Try again*, the log one line.
    Mend: do what the line says, then `pe doctor`.
    """


class Conflict(StoreError):
    """A row is not as the change expected it; nothing of the change was written.

    Seen by: people, as a page that says that somebody else was faster.
    Mend: look again, and do it again if it is still wanted.
    """


class VaultError(PeError):
    """The root of all refusals of the vault.

    Seen by: never by itself.
    Mend: see the ones below it.
    """


class EnvelopeRefused(VaultError):
    """The bytes are no envelope of ours, or do not open with this key in this context.

    Seen by: the desk, which shows the thing as unreadable.
    Mend: `pe doctor`; bring back a copy if rows were damaged.
    """


class NothingToSealTo(VaultError):
    """No valid recipient exists; the plaintext was not accepted.

    Seen by: people, as a page that says that nothing can be taken in now.
    Mend: somebody who can open requests has to unlock, or to join.
    """


class MembersInvalid(VaultError):
    """The signed member list, or its chain, does not verify.

    Seen by: coordinators when they unlock, and `pe doctor`.
    Mend: unlock nothing more; see the emergency part of docs/operating.md.
    """


class SharesRefused(VaultError):
    """The recovery shares are wrong, too few, or of different sets.

    Seen by: whoever types shares into `pe keys`, as one line; exit code 1.
    Mend: type them again; take shares of one set.
    """


class KeysetRefused(VaultError):
    """Keys of an embassy do not verify: not signed as they must be, over, or not the next ones.

    Seen by: coordinators, on the page of peers, as one line.
    Mend: type the words again; if they are right, ask the other embassy over another channel.
    """


class PacketRefused(PeError):
    """What another embassy sent is not taken; ``code`` says why, in a word that it is told.

    Seen by: the other instance, as an error in JSON, and the log as one line.
    Mend: look at the page of peers on both sides; clocks may be off by five minutes at most.
    """

    def __init__(self, code: str, status: int = 400, after: int | None = None) -> None:
        """Keep the word, the HTTP status that it is told with, and the seconds to wait if known."""
        self.code = code
        self.status = status
        self.after = after
        super().__init__(code)


class DoorError(PeError):
    """The root of all that keeps words from reaching another machine.

    Seen by: never by itself.
    Mend: see the ones below it.
    """


class AddressRefused(DoorError):
    """The address is none that anything is sent to: not https, or it leads inside.

    Seen by: the plugin that wanted to send there.
    Mend: use a public https address, or name host and port in ``[door] allow``.
    """


class NoAnswer(DoorError):
    """The other machine cannot be reached, takes too long, or answers too much.

    Seen by: the plugin that wanted to send there.
    Mend: try again later.
    """


class AnswerRefused(DoorError):
    """The other machine answered with another status than 2xx.

    Seen by: the plugin that wanted to send there, with the status and the seconds to wait.
    Mend: wait as long as it says; with 401, 403 or 404 look at the address.
    """

    def __init__(self, status: int, after: float | None = None) -> None:
        """Keep the status, and the seconds of its Retry-After if it has one."""
        self.status = status
        self.after = after
        super().__init__(f"it answered with {status}")


class AskedTooOften(DoorError):
    """This host was read from within the minute, or twenty others were; nothing was sent.

    Seen by: coordinators, on the page of peers, with the seconds to wait.
    Mend: wait a minute.
    """

    def __init__(self, after: float) -> None:
        """Keep the seconds after which it may be asked again."""
        self.after = after
        super().__init__("it was asked a moment ago: wait a minute")


class RingFailed(PeError):
    """A notifier could not ring, and says so; its words never name the address.

    Seen by: the courier, which tries again where ``again`` says that it is worth it.
    Mend: nothing if it passes; else look at the notifier's settings, or at the address.
    """

    def __init__(self, why: str, *, again: bool, after: float | None = None) -> None:
        """Keep whether another try may help, and the seconds to wait before it if known."""
        self.again = again
        self.after = after
        super().__init__(why)


class DeskError(PeError):
    """An act is not possible now; ``key`` names the text that says so to the person.

    Seen by: never by itself.
    Mend: see the ones below it.
    """

    def __init__(self, key: str) -> None:
        """Keep the text key; it holds no answer of anybody."""
        self.key = key
        super().__init__(key)


class NotFound(DeskError):
    """There is no such thing, or it is not for this person: both answer alike.

    Seen by: people, as a page; whoever runs `pe`, as one line.
    Mend: check the code or the address; ask a colleague.
    """


class NotAllowed(DeskError):
    """The lifecycle or the person's role does not allow this.

    Seen by: people, as a page with the reason; whoever runs `pe`, as one line.
    Mend: do first what the reason names.
    """


class PeerClosed(NotAllowed):
    """No letter can go to another embassy now; ``peer`` is the code of it.

    Seen by: people, as a page with the reason.
    Mend: choose another embassy; see the page of peers.
    """

    def __init__(self, key: str, peer: str) -> None:
        """Keep the text key, and which embassy it is."""
        self.peer = peer
        super().__init__(key)


class TooMany(DeskError):
    """A quota or a memory limit is reached.

    Seen by: people, as a page that asks to come later.
    Mend: wait; limits are in docs/security.md.
    """


class FileRefused(DeskError):
    """The file is not taken.

    Seen by: askers, beside the file, with the reason.
    Mend: save the file anew, or take a photo of it.
    """


class UpkeepRefused(DeskError):
    """Upkeep would destroy more than a plausible clock explains.

    Seen by: the log, `pe doctor`, and whoever runs `pe upkeep`.
    Mend: set the clock right; then `pe upkeep --confirm`.
    """
