"""What the forms about other embassies send, for the description of the portal."""

from collections.abc import Mapping
from types import MappingProxyType

from pe_core.model.referral import About, Count, Reason
from pe_core.rules.referring import Act
from pe_core.web.openapi_fields import NEED_FIELDS, SKILL_ROWS, TEXT, Schema, act_of, many, one_of

FIELDS: Mapping[str, Mapping[str, Schema]] = MappingProxyType(
    {
        "public.consent.take_share": {
            "wish": TEXT,
            "field": many(TEXT),
            "act": act_of("yes", "no"),
        },
        "public.consent.take_unshare": {"given": TEXT},
        "staff.referral.take_referral_act": {
            "act": act_of(*(act.value for act in Act), "take_over"),
            "revision": TEXT,
            "words": TEXT,
            "count": one_of([count.value for count in Count]),
            "reason": one_of([reason.value for reason in Reason]),
            "without": one_of(["yes"]),
            "peer": TEXT,
            "press": TEXT,
            "into": one_of(["new", "ours"]),
            "slug": TEXT,
        },
        "staff.referral_new.take_new_referral": {
            "act": act_of("preview", "send"),
            "shown": TEXT,
            "press": TEXT,
            "peer": many(TEXT),
            "words": TEXT,
            "topic": TEXT,
            **{f"skill-{number}": TEXT for number in SKILL_ROWS},
            **{f"spoken-{number}": TEXT for number in range(1, 3)},
            "fluency": NEED_FIELDS["fluency"],
            "number": TEXT,
            "city": TEXT,
            **{f"until-{part}": TEXT for part in ("day", "month", "year")},
            "guide": TEXT,
            "about": one_of([about.value for about in About]),
            "urgent": one_of(["yes"]),
        },
        "staff.refer.take_refer": {
            "act": act_of("ask", "spoken", "preview", "send"),
            "shown": TEXT,
            "press": TEXT,
            "peer": TEXT,
            "kind": one_of(["refer", "transfer"]),
            "field": many(TEXT),
            "asked": TEXT,
            "urgent": one_of(["yes"]),
            "agreed": one_of(["yes"]),
        },
    }
)
QUERIES: Mapping[str, Mapping[str, Schema]] = MappingProxyType(
    {
        "staff.referrals.show_referrals": {
            "show": one_of(["waiting", "late", "in", "out", "over"]),
        },
        "staff.referral.show_referral": {"done": TEXT},
    }
)
