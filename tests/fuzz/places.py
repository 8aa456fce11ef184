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
    "rules/guide_edits.py": ("typed-guide",),
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
    "cli/demo.py": "reckons a time",
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
    "doctor.py": "the address that the settings have read",
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
