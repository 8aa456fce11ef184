"""What stays in Exampleland when another embassy helps."""

from pe_core import HelpRequest, Sharing


def without_region(help_request: HelpRequest) -> Sharing | None:
    """Let everything go but the region: it says where somebody lives, and helps nobody abroad."""
    fields = [answer.field for answer in help_request.original.answers]
    if "region" not in fields:
        return None
    files = [file.item for file in help_request.files]
    return Sharing(fields=(*(field for field in fields if field != "region"), *files))
