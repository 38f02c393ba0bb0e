"""The journey of a user who asks over HTTP alone, as scripts do."""

import time

import pytest


def test_answer_is_found_by_asking(chat, ada):
    thread = chat.post("/threads", {"title": "From Python"}, ada).json["id"]
    accepted = chat.post(f"/threads/{thread}/messages", {"text": "one two three"}, ada)
    assert accepted.status == 202
    deadline = time.monotonic() + 30
    while len(messages := chat.get(f"/threads/{thread}/messages", ada).json) < 2:
        assert time.monotonic() < deadline, f"no answer came: {messages}"
        time.sleep(0.02)
    assert [m["role"] for m in messages] == ["user", "agent"]
    assert messages[1]["text"] == "That was 3 words. Messages before it in this thread: 0."


def test_threads_are_listed_newest_first(chat, ada):
    for title in ("first", "second"):
        chat.post("/threads", {"title": title}, ada)
    assert [t["title"] for t in chat.get("/threads", ada).json] == ["second", "first"]


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "x" * 201}, {"name": "x"}], ids=["none", "empty", "long", "unknown"])
def test_thread_without_a_sound_title_is_refused(chat, ada, body):
    answer = chat.post("/threads", body, ada)
    assert answer.status == 400
    assert answer.json["error"]
