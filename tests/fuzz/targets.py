"""Every target by its name."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import attachments, doors, guides, peers, people, stored, vaults, words


class Target(NamedTuple):
    """A function of bytes, and the most bytes that it is fed with."""

    act: Callable[[bytes], None]
    longest: int = 4096


TARGETS: Mapping[str, Target] = {
    "urlencoded-body": Target(doors.urlencoded_body),
    "multipart-body": Target(doors.multipart_body),
    "content-type": Target(doors.content_type, 512),
    "cookie-header": Target(doors.cookie_header, 1024),
    "other-headers": Target(doors.other_headers, 1024),
    "staff-query": Target(doors.staff_query, 1024),
    "typed-date": Target(doors.typed_date, 64),
    "typed-name": Target(doors.typed_name, 128),
    "form-token": Target(doors.form_token, 256),
    "control-frame": Target(doors.control_frame),
    "kind": Target(attachments.kind, 128),
    "jpeg": Target(attachments.jpeg),
    "png": Target(attachments.png),
    "pdf": Target(attachments.pdf, 8192),
    "jpeg-segments": Target(attachments.jpeg_segments),
    "jpeg-2000-boxes": Target(attachments.jpeg_2000_boxes, 1024),
    "child-answer": Target(attachments.child_answer),
    "envelope": Target(vaults.envelope),
    "changed-envelope": Target(vaults.changed_envelope, 256),
    "padded-body": Target(vaults.padded_body, 1024),
    "member-list": Target(vaults.member_list),
    "signed-members": Target(vaults.signed_members),
    "invite-certificate": Target(vaults.invite_certificate, 1024),
    "public-key": Target(vaults.public_key, 1216),
    "share-words": Target(vaults.share_words, 1024),
    "made-shares": Target(vaults.made_shares, 512),
    "totp-code": Target(vaults.totp_code, 128),
    "passphrase": Target(vaults.passphrase, 1024),
    "stored-model": Target(stored.stored_model),
    "receipt": Target(words.receipt, 512),
    "accept-language": Target(words.accept_language, 1200),
    "language-tag": Target(words.language_tag, 60),
    "search-words": Target(words.search_words),
    "typed-search": Target(words.typed_search, 1024),
    "typed-guide": Target(words.typed_guide),
    "settings": Target(words.settings),
    "catalogue": Target(words.catalogue),
    "compiled-texts": Target(words.compiled_texts, 512),
    "paper-answers": Target(words.paper_answers),
    "bed-answers": Target(words.bed_answers),
    "other-answers": Target(words.other_answers),
    "raw-answers": Target(words.raw_answers, 1024),
    "front-matter": Target(guides.front_matter),
    "guide-body": Target(guides.guide_body),
    "people-csv": Target(people.people_csv),
    "typed-profile": Target(people.typed_profile, 1024),
    "typed-need": Target(people.typed_need, 1024),
    "way-out": Target(people.way_out, 512),
    "packet": Target(peers.packet),
    "letter": Target(peers.letter, 1024),
    "letter-body": Target(peers.letter_body, 1024),
    "peer-keys": Target(peers.peer_keys, 2048),
    "peer-receipt": Target(peers.peer_receipt, 1024),
    "peer-address": Target(peers.peer_address, 400),
    "peer-words": Target(peers.peer_words, 400),
    "signed-headers": Target(peers.signed_headers, 2048),
}
