"""Laws of the vault: a context binds, a size tells no more than its step, any k of n join."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shamir_mnemonic import cipher
from shamir_mnemonic.share import Share

from pe_core.errors import EnvelopeRefused, SharesRefused
from pe_core.vault import (
    Seed,
    bucket_of,
    join_shares,
    keys_of,
    open_envelope,
    open_symmetric,
    seal,
    seal_symmetric,
    split_secret,
)

ANNA = keys_of(Seed(bytes([1] * 32)))
STEPS = (1024, 4096, 16_384, 65_536, 131_072)
contexts = st.tuples(st.text(max_size=9), st.text(max_size=4), st.text(max_size=9))


@given(st.binary(max_size=64), contexts, contexts, st.booleans())
def test_an_envelope_opens_in_its_own_context_and_in_no_other(
    plaintext: bytes, context: tuple[str, str, str], other: tuple[str, str, str], shift: bool
) -> None:
    if shift:
        # The same letters, parted elsewhere.
        joined = "".join(context)
        other = (joined[:1], joined[1:], "")
    assume(context != other)
    public = seal(plaintext, to=[ANNA.public], context=context)
    symmetric = seal_symmetric(plaintext, key=ANNA.symmetric, context=context)

    assert plaintext == open_envelope(public, ANNA, context)
    assert plaintext == open_symmetric(symmetric, key=ANNA.symmetric, context=context)
    with pytest.raises(EnvelopeRefused):
        open_envelope(public, ANNA, other)
    with pytest.raises(EnvelopeRefused):
        open_symmetric(symmetric, key=ANNA.symmetric, context=other)


@given(st.integers(0, 70_000) | st.sampled_from([step - 4 for step in STEPS]))
def test_the_size_of_an_envelope_tells_its_step_and_nothing_more(length: int) -> None:
    step = next(size for size in STEPS if size >= length + 4)
    context = ("request", "zz", "r1")
    public = seal(bytes(length), to=[ANNA.public] * 2, context=context)
    symmetric = seal_symmetric(bytes(length), key=ANNA.symmetric, context=context)

    assert step == bucket_of(public) == bucket_of(symmetric)
    assert 8 + 32 + 2 * 1168 + step + 16 == len(public)
    assert 8 + 32 + 12 + step + 16 == len(symmetric)


@settings(max_examples=8)
@given(
    st.binary(min_size=16, max_size=32).filter(lambda secret: len(secret) % 2 == 0),
    st.integers(2, 4),
    st.integers(0, 2),
)
def test_any_so_many_shares_join_and_one_fewer_is_refused(
    secret: bytes, threshold: int, spare: int
) -> None:
    shares = split_secret(secret, threshold=threshold, count=threshold + spare)
    for chosen in list(combinations(shares, threshold))[:3]:
        assert secret == join_shares(chosen[::-1])
    for few in list(combinations(shares, threshold - 1))[:3]:
        with pytest.raises(SharesRefused):
            join_shares(few)


def test_words_that_ask_for_a_hash_of_minutes_are_refused_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = Share(
        identifier=1,
        extendable=True,
        iteration_exponent=15,
        group_index=0,
        group_threshold=1,
        group_count=1,
        index=0,
        member_threshold=1,
        value=bytes(32),
    ).mnemonic()
    asked: list[int] = []

    def stand_in(i: int, passphrase: bytes, e: int, *rest: Any) -> bytes:
        asked.append(e)
        return bytes(16)

    monkeypatch.setattr(cipher, "_round_function", stand_in)
    with pytest.raises(SharesRefused):
        join_shares([words])

    assert [] == asked
