"""The vault: what is sealed, to whom, and what a thief gets. All cryptography lives here."""

from pe_core.vault.accounts import OpenedSlot, Slots, make_slots, open_slots
from pe_core.vault.chain import is_certified, verify_chain
from pe_core.vault.cookies import cookie_id, csrf_token
from pe_core.vault.envelope import (
    Context,
    bucket_of,
    open_envelope,
    open_symmetric,
    seal,
    seal_symmetric,
)
from pe_core.vault.epochs import RECOVERY_BOX, MadeEpoch, make_epoch, open_grant, regrant
from pe_core.vault.keys import Keys, Seed, keys_of, new_seed, random_bytes, verify
from pe_core.vault.members import (
    InviteCertificate,
    Member,
    MemberList,
    Signature,
    SignedList,
    admit,
    certify_invite,
    countersign,
    countersign_list,
    first_list,
    read_list,
    sign_list,
    signers_of,
)
from pe_core.vault.passphrases import Passphrases, generate_passphrase, normalise_passphrase
from pe_core.vault.receipts import locator_hash, receipt_keys
from pe_core.vault.shares import join_shares, secret_words, split_secret
from pe_core.vault.totp import check_totp, new_totp_secret, totp_at, totp_uri

__all__ = [
    "RECOVERY_BOX",
    "Context",
    "InviteCertificate",
    "Keys",
    "MadeEpoch",
    "Member",
    "MemberList",
    "OpenedSlot",
    "Passphrases",
    "Seed",
    "Signature",
    "SignedList",
    "Slots",
    "admit",
    "bucket_of",
    "certify_invite",
    "check_totp",
    "cookie_id",
    "countersign",
    "countersign_list",
    "csrf_token",
    "first_list",
    "generate_passphrase",
    "is_certified",
    "join_shares",
    "keys_of",
    "locator_hash",
    "make_epoch",
    "make_slots",
    "new_seed",
    "new_totp_secret",
    "normalise_passphrase",
    "open_envelope",
    "open_grant",
    "open_slots",
    "open_symmetric",
    "random_bytes",
    "read_list",
    "receipt_keys",
    "regrant",
    "seal",
    "seal_symmetric",
    "secret_words",
    "sign_list",
    "signers_of",
    "split_secret",
    "totp_at",
    "totp_uri",
    "verify",
    "verify_chain",
]
