"""Every module of ours that reads bytes, and what feeds it: a target, or why nobody outside does.

A module that calls one of ``READS`` must be a row here; so a new parser fails the suite until
somebody has said which target feeds it.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parent.parent.parent / "src" / "pe_core"
READS = frozenset(
    """
    decode convert loads unpack unpack_from fromisoformat strptime normalize fromhex int
    parse_qsl parse_query_string parse_options_header urlsplit PushMultipartParser
    urlsafe_b64decode b64decode b32decode b16decode read_po c2py decode_mnemonics
    JpegImageFile PngImageFile from_public_bytes isdecimal isdigit fullmatch
    """.split()
)
"""The last names of what makes a value out of bytes or a text."""

FED: Mapping[str, tuple[str, ...]] = {
    "courier/courier.py": ("stored-model",),
    "desk/accounts.py": ("stored-model",),
    "desk/brief_keys.py": ("stored-model",),
    "desk/cards.py": ("stored-model",),
    "desk/claiming.py": ("stored-model",),
    "desk/feeds.py": ("stored-model",),
    "desk/needs.py": ("stored-model",),
    "desk/shifts.py": ("stored-model",),
    "desk/volunteer_notes.py": ("stored-model",),
    "desk/volunteers.py": ("stored-model",),
    "door/addresses.py": ("way-out",),
    "door/door.py": ("way-out",),
    "network/addresses.py": ("peer-address",),
    "network/bodies.py": ("letter-body",),
    "network/impostors.py": ("stored-model",),
    "network/letters.py": ("letter",),
    "network/receipts.py": ("peer-receipt",),
    "network/signing.py": ("signed-headers",),
    "network/strict.py": ("packet",),
    "network/words.py": ("peer-words",),
    "rules/people_csv.py": ("people-csv",),
    "rules/profiles.py": ("typed-profile",),
    "rules/week_grid.py": ("typed-profile",),
    "vault/vouches.py": ("stored-model",),
    "web/staff/need.py": ("typed-need",),
    "web/staff/need_form.py": ("typed-need",),
    "web/work/feed.py": ("way-out",),
    "desk/desk.py": ("stored-model",),
    "desk/files.py": ("child-answer", "kind"),
    "desk/files_child.py": ("jpeg", "png", "pdf", "jpeg-segments", "jpeg-2000-boxes"),
    "desk/guide_drafts.py": ("stored-model",),
    "desk/local_guides.py": ("stored-model",),
    "desk/locking.py": ("stored-model",),
    "desk/looking.py": ("stored-model",),
    "desk/owed.py": ("stored-model",),
    "desk/proposals.py": ("stored-model",),
    "desk/resealing.py": ("stored-model",),
    "desk/roster.py": ("stored-model", "typed-name"),
    "desk/sealed_invites.py": ("stored-model",),
    "desk/setup.py": ("stored-model",),
    "desk/shares.py": ("stored-model",),
    "desk/summaries.py": ("stored-model",),
    "desk/trail.py": ("stored-model",),
    "desk/visits.py": ("stored-model",),
    "rules/catalogue.py": ("catalogue", "compiled-texts"),
    "rules/guide_edits.py": ("typed-guide", "letter-body"),
    "rules/front_matter.py": ("front-matter",),
    "rules/markdown.py": ("guide-body",),
    "rules/forms.py": ("paper-answers", "bed-answers", "other-answers", "raw-answers"),
    "rules/languages.py": ("accept-language", "language-tag"),
    "rules/receipts.py": ("receipt",),
    "rules/search.py": ("search-words", "typed-search"),
    "rules/texts.py": ("catalogue", "compiled-texts"),
    "settings.py": ("settings",),
    "store/control.py": ("control-frame",),
    "upkeep.py": ("stored-model",),
    "vault/envelope.py": ("envelope", "changed-envelope", "padded-body"),
    "vault/keys.py": ("public-key",),
    "vault/keysets.py": ("peer-keys",),
    "vault/members.py": ("member-list", "signed-members", "invite-certificate"),
    "vault/passphrases.py": ("passphrase",),
    "vault/shares.py": ("share-words", "made-shares"),
    "vault/totp.py": ("totp-code",),
    "web/guards/body.py": ("urlencoded-body", "multipart-body", "content-type"),
    "web/guards/cookies.py": ("cookie-header",),
    "web/guards/tokens.py": ("form-token",),
    "web/portal.py": ("other-headers",),
    "web/staff/address.py": ("staff-query",),
    "web/staff/filters.py": ("staff-query",),
    "web/staff/members.py": ("typed-name",),
    "web/staff/moving.py": ("typed-date",),
}
"""Modules that outside bytes reach, and their targets."""

OURS: Mapping[str, str] = {
    "network/admission.py": "a time; the packet is behind packet's reader",
    "network/carrying.py": "a packet of a row that we wrote",
    "cli/demo_places.py": "whether a name that we write needs quotes",
    "network/consenting.py": "a reply that we sealed, to its asker, and the address of a peer",
    "network/erasing.py": "a time",
    "network/posting.py": "a time",
    "network/threads.py": "what we sealed; letters are behind letter and letter-body",
    "web/staff/referral.py": "a number of digits, looked at before",
    "network/taking_over.py": "the address of a guide, compared with one pattern",
    "web/staff/ask_form.py": "a number of one to three digits, looked at before",
    "web/staff/referral_words.py": "a number of our own, and the address of a peer",
    "network/delivery.py": "a packet of a row that we wrote; the answer is behind peer-receipt",
    "network/identity.py": "a time",
    "network/knowing.py": "truth as a number",
    "network/pairing.py": "a time, and truth as a number",
    "web/guards/packets.py": "names of headers; their values are behind signed-headers",
    "cli/demo.py": "reckons a time",
    "courier/ringing.py": "hours that settings have checked, or that we wrote into a row",
    "desk/applying.py": "writes a secret in base 32",
    "desk/ringing.py": "writes hours as text",
    "rules/matching.py": "reckons with numbers of a model",
    "rules/people_sets.py": "reckons with numbers of a model",
    "rules/week_hours.py": "reckons with a clock",
    "web/openapi_fields.py": "describes, and reads nothing",
    "web/staff/on_the_way.py": "a number of a few digits, or none",
    "web/staff/need_words.py": "puts numbers of a model into words",
    "web/staff/shift.py": "a number of a few plain digits, or none",
    "web/staff/shift_words.py": "box numbers of rows",
    "web/staff/volunteer.py": "levels of a model",
    "web/staff/volunteer_acts.py": "a number of a few plain digits, or none",
    "web/work/agreement.py": "a digest that the page itself put into its form, compared as bytes",
    "web/work/ending.py": "a number of a few plain digits, or none",
    "web/work/parts.py": "the number in a name of a page that we made",
    "web/work/skills.py": "levels of a model",
    "cli/dev.py": "what a child of ours says of a plugin that its author changes",
    "cli/doctor.py": "the control socket's answer of our own instance",
    "cli/keys.py": "shows a secret in base 32",
    "control.py": "arguments behind control-frame, made into a number or refused there",
    "desk/epochs.py": "the number in a name that we made",
    "desk/intake.py": "a date that the rules have read",
    "desk/invites.py": "a number of an invite that typed-name's reader has taken",
    "desk/opening.py": "reckons a time",
    "desk/recovering.py": "reckons a time",
    "desk/returning.py": "reckons a time",
    "desk/sealing.py": "writes an id in base 32",
    "hooks/guides.py": "the name of a file that a plugin's author gave",
    "rules/questions.py": "names in a form's type, which a plugin's author wrote",
    "store/sqlite/statements.py": "writes values as JSON",
    "vault/cookies.py": "writes a token in base 64",
    "web/public/letters.py": "a date that the rules have read",
    "web/public/places.py": "a date of the law that a plugin's author wrote",
    "web/public/wording.py": "a date that the rules have read",
    "web/staff/guide_forms.py": "a name of an address, compared with one pattern",
    "web/staff/guides.py": "a name of an address, compared with one pattern",
    "web/staff/templates.py": "a word of the address, looked up in the catalogue's keys",
    "web/staff/trail.py": "a number of at most fifteen digits in staff-query's query",
    "web/staff/working.py": "an id or a box in their own form, or nothing",
}
"""Modules that read only what we made or what another reader has taken, and why that is so."""


def modules_that_read() -> dict[str, set[str]]:
    """Return the modules that make values of bytes or texts, and by which calls."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if "toolkit" not in path.parts and (calls := _calls(path) & READS):
            found[path.relative_to(SOURCE).as_posix()] = calls
    return found


def _calls(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                names.add(called.id)
            elif isinstance(called, ast.Attribute):
                names.add(called.attr)
    return names
