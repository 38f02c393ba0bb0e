import pytest

from summarise import summarise


@pytest.mark.parametrize(
    "notes, want",
    [([], "no notes"), (["a"], "1 notes, the longest: a"), (["a", "über"], "2 notes, the longest: über")],
)
def test_summarise(notes, want):
    assert summarise(notes) == want


@pytest.mark.skip(reason="plural forms are not written yet")
def test_one_note_is_singular():
    assert summarise(["a"]) == "1 note, the longest: a"
