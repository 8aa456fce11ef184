"""What the host's command line may do about other embassies; answers are plain data.

Whoever runs the server decides alone only what makes less pass: to pause and to block. Adding,
confirming and resuming want a coordinator who is unlocked, so that one of the team knows.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pe_core.desk.desk import Desk
from pe_core.desk.proposals import unlocked_coordinator
from pe_core.errors import KeysetRefused, NotAllowed, VaultError
from pe_core.model.peer import OutState
from pe_core.network import pairing
from pe_core.network.identity import begin_network, read_begun, read_own
from pe_core.network.knowing import Known, read_peers
from pe_core.network.words import digits_of, words_of
from pe_core.store import OutgoingRow
from pe_core.vault import Keys, Seed, fingerprint, join_shares, keys_of

Command = Callable[[dict[str, Any]], Awaitable[Any]]


def peer_commands(desk: Desk) -> Mapping[str, Command]:
    """Return the commands about other embassies of this desk by name."""

    async def peers(arguments: dict[str, Any]) -> Any:
        return [
            {
                "code": known.code,
                "state": known.row.state,
                "typed_here": known.pairing.ours,
                "typed_there": known.pairing.theirs,
                "paused_there": known.pairing.away,
                "address": known.row.address,
                "keys_until": _day(known.keyset.until) if isinstance(known, Known) else "",
            }
            for known in await read_peers(desk)
        ]

    async def words(arguments: dict[str, Any]) -> Any:
        own = await read_begun(desk)
        print_ = fingerprint(own.keyset.root, desk.embassy.code)
        return {
            "code": desk.embassy.code,
            "words": list(words_of(print_)),
            "digits": list(digits_of(print_)),
        }

    async def add(arguments: dict[str, Any]) -> Any:
        _want_coordinator(desk)
        return await _verified(pairing.propose(desk, None, str(arguments["address"])))

    async def confirm(arguments: dict[str, Any]) -> Any:
        _want_coordinator(desk)
        code, typed = str(arguments["code"]), str(arguments["words"])
        return (await _verified(pairing.confirm(desk, None, code, typed))).value

    async def resume(arguments: dict[str, Any]) -> Any:
        _want_coordinator(desk)
        return await _verified(pairing.resume(desk, None, str(arguments["code"])))

    async def pause(arguments: dict[str, Any]) -> Any:
        return await pairing.pause(desk, None, str(arguments["code"]))

    async def block(arguments: dict[str, Any]) -> Any:
        return await pairing.block(desk, None, str(arguments["code"]))

    return {
        "peers": peers,
        "peer-words": words,
        "peer-add": add,
        "peer-confirm": confirm,
        "peer-resume": resume,
        "peer-pause": pause,
        "peer-block": block,
        **_key_commands(desk),
    }


def _key_commands(desk: Desk) -> Mapping[str, Command]:
    async def keyset(arguments: dict[str, Any]) -> Any:
        own = await read_own(desk)
        if own is None:
            return {"serial": 0, "until": "", "unheard": []}
        where = {"thread": "", "state": OutState.WAITING.value}
        waiting = await desk.store.pick(OutgoingRow, ("peer",), where)
        return {
            "serial": own.keyset.serial,
            "until": _day(own.keyset.until),
            "unheard": sorted({peer for (peer,) in waiting}),
        }

    async def check_root(arguments: dict[str, Any]) -> Any:
        _read_root(desk, arguments)
        return True

    async def begin(arguments: dict[str, Any]) -> Any:
        made = await begin_network(
            desk,
            _read_root(desk, arguments),
            renew_peer=bool(arguments["peer"]),
            renew_desk=bool(arguments["desk"]),
        )
        return {"serial": made.serial, "until": _day(made.until)}

    return {"keyset": keyset, "check-root": check_root, "begin-network": begin}


def _want_coordinator(desk: Desk) -> None:
    try:
        unlocked_coordinator(desk)
    except NotAllowed:
        raise NotAllowed("staff.peers.nobody_unlocked") from None


async def _verified(act: Awaitable[Any]) -> Any:
    """Return what it gives; the words of a refused keyset do not pass the control socket."""
    try:
        return await act
    except KeysetRefused:
        raise NotAllowed("staff.peers.keys_refused") from None


def _read_root(desk: Desk, arguments: dict[str, Any]) -> Keys:
    try:
        root = keys_of(Seed(join_shares([str(arguments["words"])])))
    except VaultError:
        raise NotAllowed("staff.proposals.not_the_root") from None
    if root.verify_key != desk.identity.root:
        raise NotAllowed("staff.proposals.not_the_root")
    return root


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
