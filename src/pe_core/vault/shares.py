"""Recovery shares: a secret as words on paper, by SLIP-0039 (Shamir's secret sharing).

Made and joined by ``shamir-mnemonic``, the reference implementation. Design: vault,
"Recovery shares".
"""

from collections.abc import Sequence

from shamir_mnemonic import (
    EncryptedMasterSecret,
    MnemonicError,
    decode_mnemonics,
    generate_mnemonics,
    recover_ems,
)

from pe_core.errors import SharesRefused

MOST_ROUNDS = 2
"""The highest exponent of the hash's rounds that is taken; ours have 1, which costs 10 ms."""


def split_secret(secret: bytes, threshold: int = 2, count: int = 3) -> list[str]:
    """Split a secret (16 bytes or more, an even number) so that any ``threshold`` shares join.

    A share of a 32-byte secret is 33 words. Raises SharesRefused if the numbers make no sense.
    """
    try:
        (shares,) = generate_mnemonics(1, [(threshold, count)], secret)
    except ValueError:
        raise SharesRefused("such a secret cannot be split into so many shares") from None
    return list(shares)


def join_shares(shares: Sequence[str]) -> bytes:
    """Return the secret of these shares; raises SharesRefused and never quotes their words.

    More shares than needed are taken as long as they are of one set.
    """
    return bytes(_recover(shares).decrypt(b""))


def secret_words(secret: bytes) -> str:
    """Return the secret as one list of words that needs no other (1 of 1)."""
    return split_secret(secret, threshold=1, count=1)[0]


def _recover(shares: Sequence[str]) -> EncryptedMasterSecret:
    try:
        groups = decode_mnemonics(shares)
        # The words themselves name the cost of their hash; at the most it would take minutes.
        if any(share.iteration_exponent > MOST_ROUNDS for g in groups.values() for share in g):
            raise SharesRefused("these words ask for more work than ours do")
        # The library wants exactly the threshold; three holders who all came are no fault.
        enough = {number: group.get_minimal_group() for number, group in groups.items()}
        return recover_ems(enough)
    except (MnemonicError, ValueError):
        # The library's own text quotes words of a share.
        raise SharesRefused("these shares are too few, mistyped, or of different sets") from None
