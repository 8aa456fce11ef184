"""What other commands may ask of the process that holds the instance."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from pe_core.desk.bringing_in import bring_in
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.locking import lock_account
from pe_core.desk.opening import invite_first_again
from pe_core.desk.proposals import confirm_with_root, list_proposals, unlocked_coordinator
from pe_core.desk.volunteers import is_volunteer
from pe_core.doctor import list_keys
from pe_core.errors import NotAllowed, NotFound, NothingToSealTo
from pe_core.model import Box
from pe_core.network.commands import peer_commands
from pe_core.store import AccountRow
from pe_core.upkeep import do_upkeep, last_upkeep

Command = Callable[[dict[str, Any]], Awaitable[Any]]


def commands_of(desk: Desk) -> Mapping[str, Command]:
    """Return the commands of this desk by name; answers are plain data."""

    async def upkeep(arguments: dict[str, Any]) -> Any:
        return msgspec.to_builtins(await do_upkeep(desk, confirmed=bool(arguments["confirm"])))

    async def accounts(arguments: dict[str, Any]) -> Any:
        unlocked = {session.box for session in desk.sessions.items()}
        return [
            {
                "box": member.box,
                "compartments": list(member.compartments),
                "unlocked": member.box in unlocked,
            }
            for member in (await read_members(desk)).members
        ]

    async def end_sessions(arguments: dict[str, Any]) -> Any:
        return desk.sessions.drop_where(lambda _: True)

    async def first_invite(arguments: dict[str, Any]) -> Any:
        return await invite_first_again(desk, str(arguments["words"]))

    async def last(arguments: dict[str, Any]) -> Any:
        return msgspec.to_builtins(await last_upkeep(desk))

    async def doctor(arguments: dict[str, Any]) -> Any:
        return msgspec.to_builtins(await desk.examine())

    async def keys(arguments: dict[str, Any]) -> Any:
        return await list_keys(desk.store)

    async def lock(arguments: dict[str, Any]) -> Any:
        box = Box(int(arguments["box"]))
        if box and await desk.store.get(AccountRow, box) is None:
            raise NotFound("staff.lock.no_account")
        one = bool(box) and await is_volunteer(desk, box)
        return {"froze": await lock_account(desk, box), "volunteer": one}

    async def proposals(arguments: dict[str, Any]) -> Any:
        views = await list_proposals(desk, unlocked_coordinator(desk))
        return [
            {"id": view.id, "kind": view.kind, "box": view.box, "role": view.role, "by": view.by}
            for view in views
            if view.fitting
        ]

    async def confirm(arguments: dict[str, Any]) -> Any:
        return await confirm_with_root(desk, str(arguments["words"]), str(arguments["id"]))

    async def import_volunteers(arguments: dict[str, Any]) -> Any:
        content = arguments["content"]
        if not isinstance(content, bytes):
            raise TypeError("a file is bytes")
        try:
            brought = await bring_in(desk, content, write=bool(arguments["write"]))
        except NothingToSealTo:
            raise NotAllowed("staff.import.nobody_joined") from None
        return msgspec.to_builtins(brought)

    return {
        "import-volunteers": import_volunteers,
        "proposals": proposals,
        "confirm": confirm,
        "lock": lock,
        "upkeep": upkeep,
        "last-upkeep": last,
        "doctor": doctor,
        "keys": keys,
        "accounts": accounts,
        "end-sessions": end_sessions,
        "first-invite": first_invite,
        **peer_commands(desk),
    }
