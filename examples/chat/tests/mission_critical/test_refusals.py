"""Whom the backend does not let in, over HTTP. The WebSocket's refusals are in refusals_test.go."""

import base64
import json
import time

import pytest


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_no_token(chat):
    answer = chat.get("/threads")
    assert (answer.status, answer.json["error"]) == (401, "a token is needed")


def test_expired_token(auth, chat, account):
    token = auth.post("/login", {**account, "lifetime": 1}).json["access_token"]
    time.sleep(max(0.0, claims(token)["exp"] - time.time()))
    deadline = time.monotonic() + 30  # the backend's clock may be another one
    while (answer := chat.get("/threads", token)).status == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (answer.status, answer.json) == (401, {"error": "the token has expired"})


def test_revoked_token(auth, chat, ada):
    assert chat.get("/threads", ada).status == 200
    assert auth.post("/revoke", {}, ada).status == 204
    answer = chat.get("/threads", ada)
    assert (answer.status, answer.json) == (401, {"error": "the token was revoked"})


def test_token_for_another_audience(auth, chat, account):
    token = auth.post("/login", {**account, "audience": "reports"}).json["access_token"]
    answer = chat.get("/threads", token)
    assert (answer.status, answer.json["error"]) == (401, "the token is for another audience")


@pytest.mark.parametrize("change", ["sub", "aud", "exp"])
def test_token_that_was_changed(chat, ada, change):
    head, _, signature = ada.split(".")
    body = claims(ada) | {change: {"sub": "somebody", "aud": ["chat", "all"], "exp": 4102444800}[change]}
    forged = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    assert chat.get("/threads", f"{head}.{forged}.{signature}").status == 401
