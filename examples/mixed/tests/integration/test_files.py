import pytest

from summarise import summarise


def test_notes_from_a_file(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("buy milk\ncall Ada\n")
    assert summarise(file.read_text().splitlines()) == "2 notes, the longest: buy milk"


@pytest.mark.e2e
def test_notes_from_a_pipe():
    import subprocess
    import sys

    out = subprocess.run([sys.executable, "-c", "print('one'); print('three')"], capture_output=True, text=True, check=True)
    assert summarise(out.stdout.split()) == "2 notes, the longest: three"
