"""Epochs: the keys of a compartment for a week or a year, sealed once for each member.

An epoch's seed is nowhere in clear; each grant is that seed in an envelope for one account.
Access is possession of a grant. Design: vault, "Keys".
"""

from collections.abc import Sequence

from pe_core.errors import EnvelopeRefused, NothingToSealTo, VaultError
from pe_core.model.struct import Model
from pe_core.vault.envelope import Context, open_envelope, seal
from pe_core.vault.keys import Keys, Seed, keys_of, new_seed
from pe_core.vault.members import Member

RECOVERY_BOX = 0
"""The box of the grant that only the recovery shares open."""


class MadeEpoch(Model):
    """A new epoch: its public key and its grants as (box, envelope)."""

    public: bytes
    grants: tuple[tuple[int, bytes], ...]


def make_epoch(
    epoch_id: str, embassy: str, members: Sequence[Member], recovery_public: bytes
) -> MadeEpoch:
    """Make an epoch such as ``intake/2026-W48.1``, for those who hold its compartment.

    ``members`` are those of a list that ``verify_chain`` returned. Raises NothingToSealTo if
    nobody holds the compartment or a public key is not valid.
    """
    compartment = epoch_id.partition("/")[0]
    holders = [member for member in members if compartment in member.compartments]
    if not holders:
        raise NothingToSealTo("no member holds this compartment")
    keys = keys_of(new_seed())
    recovery = (RECOVERY_BOX, regrant(keys, epoch_id, embassy, recovery_public))
    grants = ((who.box, regrant(keys, epoch_id, embassy, who.public)) for who in holders)
    return MadeEpoch(public=keys.public, grants=(recovery, *grants))


def regrant(epoch: Keys, epoch_id: str, embassy: str, to: bytes) -> bytes:
    """Seal a living epoch's seed to the public key of one more account."""
    return seal(epoch.seed, to=[to], context=_context(epoch_id, embassy))


def open_grant(envelope: bytes, epoch_id: str, embassy: str, keys: Keys, public: bytes) -> Keys:
    """Return an epoch's keys from the grant of the account that ``keys`` belongs to.

    Raises EnvelopeRefused if it does not open, or if the epoch's ``public`` key is not the one
    of the seed inside: then somebody changed the row that new requests are sealed to.
    """
    seed = open_envelope(envelope, keys, _context(epoch_id, embassy))
    try:
        epoch = keys_of(Seed(seed))
    except VaultError:
        raise EnvelopeRefused("the grant holds no seed") from None
    if epoch.public != public:
        raise EnvelopeRefused("the grant is of another key than the epoch's")
    return epoch


def _context(epoch_id: str, embassy: str) -> Context:
    return ("grant", embassy, epoch_id)
