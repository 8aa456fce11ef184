"""A guide and a letter as their files are written, for tests that change them."""

GUIDE = """+++
title = "A paper"
summary = "How to get it."
topics = ["zz.paper"]
jurisdiction = "zz"
authority = "Office of Stays"
document = "Guest's passport"
proof = "case_by_case"
permits = ["Guests", "Members"]
fee = "20 shells"
valid_until = 2027-01-31
checked_on = 2026-11-24
revision = 2
letters = ["zz.request"]
sources = [{ title = "The office", url = "https://stays.zz.example/paper" }]
+++
Go there.
"""
WORDS = """+++
title = "Папера"
summary = "Як яе атрымаць."
permits = ["Госці", "Сябры"]
fee = "20 ракавін"
status = "machine"
of = 1
+++
Ідзіце туды.
"""
LETTER = """+++
topics = ["zz.paper"]
jurisdiction = "zz"
authority = "Office of Stays"
language = "en"
checked_on = 2026-11-24
revision = 1
blanks = [{ name = "name", longest = 120 }, { name = "day", kind = "date", required = false }]
sources = [{ title = "The office", url = "https://stays.zz.example/paper" }]
+++
My name is {name}.

{day}
"""
ENGLISH = """+++
title = "A request"
summary = "It asks for the paper."
labels = { name = "Your name", day = "The day" }
hints = { day = "Of the letter" }
of = 1
+++
It says who {name} is.
"""
