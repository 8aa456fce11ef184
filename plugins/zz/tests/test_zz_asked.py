"""Somebody asks for a bed in Exampleland, and a coordinator reads it."""

from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.coordinator import Coordinator
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.toolkit.outbox import Outbox

ANSWERS = {
    1: {"answer": "2"},
    2: {"answer": "3"},
    3: {"answer": "We have nowhere to sleep tonight."},
    4: {"answer": "Invented Bird"},
    5: {"answer": "Only here, please"},
}


def test_a_bed_is_asked_for_and_a_coordinator_reads_it(
    pe_instance: TestEmbassy,
    pe_client: Browser,
    pe_clock: Clock,
    pe_coordinator: Coordinator,
    pe_outbox: Outbox,
) -> None:
    asker = Asker(pe_client, pe_clock)

    receipt = asker.ask("zz.bed", ANSWERS)
    pe_outbox.empty()
    (opened,) = pe_coordinator.open_all()
    pe_coordinator.answer(opened.id, "There is a bed in Hillham.")

    (bell,) = pe_instance.plugins.listeners
    assert "zz.bed" == opened.original.form
    assert ["2", "3"] == [answer.shown for answer in opened.original.answers[:2]]
    assert opened.id in vars(bell)["rang"]
    assert "There is a bed in Hillham." in asker.come_back(receipt).words
