"""A chain that was verified once is not verified again, and nothing else passes for it."""

import pytest

from pe_core.errors import MembersInvalid
from pe_core.vault import chain
from pe_core.vault.chain import verify_chain
from pe_core.vault.keys import keys_of, new_seed
from pe_core.vault.members import Member, admit, certify_invite, first_list

NOW = 1_800_000_000


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, list[bytes]]:
    """The root's key, and a chain of one coordinator that nobody has verified yet."""
    monkeypatch.setattr(chain, "_VERIFIED", {})
    root, invite, member = (keys_of(new_seed()) for _ in range(3))
    first = first_list(root)
    certificate = certify_invite(
        [root], invite_key=invite.verify_key, compartments=("roster",), after=0, until=NOW + 9
    )
    newcomer = Member(
        box=7,
        public=member.public,
        verify_key=member.verify_key,
        compartments=("roster",),
        name_proof=bytes(32),
    )
    return root.verify_key, [first, admit(first, newcomer, certificate, invite, NOW)]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies whose signatures were verified."""
    checked: list[bytes] = []
    real = chain.verify

    def verify(verify_key: bytes, purpose: str, body: bytes, signature: bytes) -> bool:
        checked.append(body)
        return real(verify_key, purpose, body, signature)

    monkeypatch.setattr(chain, "verify", verify)
    return checked


def test_signatures_are_verified_once(
    lists: tuple[bytes, list[bytes]], checks: list[bytes]
) -> None:
    root, made = lists
    first = verify_chain(made, root)
    before = len(checks)
    again = verify_chain([bytes(bytearray(raw)) for raw in made], root)

    assert first == again
    assert (3, 3) == (before, len(checks))


def test_a_longer_chain_is_verified_from_where_it_was(
    lists: tuple[bytes, list[bytes]], checks: list[bytes]
) -> None:
    root, made = lists
    verify_chain(made[:1], root)
    before = len(checks)
    listed = verify_chain(made, root)

    assert (1, 3) == (before, len(checks))
    assert [7] == [member.box for member in listed.members]


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_list_is_refused_whatever_was_verified_before(
    lists: tuple[bytes, list[bytes]], place: int
) -> None:
    root, made = lists
    verify_chain(made, root)
    for at in (40, len(made[place]) // 2, len(made[place]) - 1):
        changed = [bytearray(raw) for raw in made]
        changed[place][at] ^= 1

        with pytest.raises(MembersInvalid):
            verify_chain([bytes(raw) for raw in changed], root)


def test_a_chain_of_another_root_or_order_is_refused(lists: tuple[bytes, list[bytes]]) -> None:
    root, made = lists
    verify_chain(made, root)

    for other, chosen in ((keys_of(new_seed()).verify_key, made), (root, made[::-1]), (root, [])):
        with pytest.raises(MembersInvalid):
            verify_chain(chosen, other)


def test_a_chain_that_was_refused_is_not_remembered(
    lists: tuple[bytes, list[bytes]],
) -> None:
    root, made = lists
    for _ in range(2):
        with pytest.raises(MembersInvalid):
            verify_chain([*made, made[-1]], root)


def test_only_so_many_chains_are_remembered(
    lists: tuple[bytes, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, made = lists
    monkeypatch.setattr(chain, "_KEPT", 1)
    verify_chain(made[:1], root)
    verify_chain(made, root)

    assert 1 == len(chain._VERIFIED)


def test_the_chain_that_was_asked_for_longest_ago_is_forgotten(
    lists: tuple[bytes, list[bytes]], checks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_KEPT", 2)
    roots = [keys_of(new_seed()) for _ in range(3)]
    firsts = [first_list(root) for root in roots]

    def ask_for(number: int) -> int:
        """Verify one of three chains; return how many signatures were looked at."""
        before = len(checks)
        verify_chain([firsts[number]], roots[number].verify_key)
        return len(checks) - before

    order = [(0, 1), (1, 1), (1, 0), (0, 0), (2, 1), (0, 0), (1, 1)]
    assert order == [(number, ask_for(number)) for number, _ in order]
