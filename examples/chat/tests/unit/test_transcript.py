import pytest
from transcript import escaped, markdown


def test_messages_stand_in_their_order():
    talk = [{"role": "user", "text": "hello"}, {"role": "agent", "text": "That was 1 word."}]
    assert markdown(talk) == "**user**: hello\n\n**agent**: That was 1 word.\n"


@pytest.mark.parametrize(
    ("text", "want"),
    [("2 * 3", r"2 \* 3"), ("<b>", r"\<b\>"), ("a\\b", r"a\\b"), ("one\ntwo", "one  \ntwo"), ("plain.", "plain.")],
)
def test_text_is_shown_as_it_is(text, want):
    assert escaped(text) == want
