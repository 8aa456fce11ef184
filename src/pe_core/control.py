"""What other commands may ask of the process that holds the instance."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.opening import invite_first_again
from pe_core.upkeep import do_upkeep

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

    return {
        "upkeep": upkeep,
        "accounts": accounts,
        "end-sessions": end_sessions,
        "first-invite": first_invite,
    }
