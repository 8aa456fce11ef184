from pe_core import UNSET, Answers, Form, Name, Story, UnsetType, hookimpl


class Bed(Answers):
    nights: int
    story: Story
    name: Name | UnsetType = UNSET


@hookimpl
def register_forms():
    return [Form(name="xx.bed", answers=Bed)]
