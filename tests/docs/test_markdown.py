"""The reader of the guide reads what is there."""

from tests.docs.answers import is_shown
from tests.docs.markdown import Example, examples, region, with_region

TEXT = 'a\n\n```bash\nsay 1\n```\n\n```json\n{"a": ...}\n```\n\n```bash\nsay 2\n```\n<!-- t -->\nold\n<!-- /t -->\n'


def test_an_answer_belongs_to_the_commands_before_it() -> None:
    assert examples(TEXT) == [Example(3, "say 1\n", '{"a": ...}\n'), Example(11, "say 2\n", None)]


def test_a_region_is_read_and_replaced_between_its_comments() -> None:
    assert region(TEXT, "t") == "old\n"
    assert region(with_region(TEXT, "t", r"\1 new" + "\n"), "t") == r"\1 new" + "\n"


def test_dots_stand_for_anything_and_a_refusal_has_to_be_shown() -> None:
    assert is_shown('{"a":[1,2]}\n', '{"a": ...}') and not is_shown('{"b":1}', '{"a": ...}')
    assert is_shown('{"errors":[]}', None) and not is_shown('{"errors":[{"code":"NOT_FOUND"}]}', None)
