"""What the Python tests of all categories share: the chat over HTTP, with nothing but the standard library."""

import json
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest


@dataclass
class Answer:
    status: int
    json: object


class Service:
    """A service at an address."""

    def __init__(self, url):
        self.url = url

    def get(self, path, token=None):
        return self._ask("GET", path, None, token)

    def post(self, path, body, token=None):
        return self._ask("POST", path, json.dumps(body).encode(), token)

    def _ask(self, method, path, body, token):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, _read(response))
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, _read(refused))


def _read(response):
    text = response.read()
    return json.loads(text) if text else None


def _address(name):
    if not os.environ.get(name):
        pytest.fail(f"{name} is not set: this test needs services; run it by runner, which starts them")
    return os.environ[name]


@pytest.fixture
def auth():
    return Service(_address("AUTH_URL"))


@pytest.fixture
def chat():
    return Service(_address("API_URL"))


@pytest.fixture
def account(auth):
    """The name and password of a new user."""
    body = {"name": f"ada-{secrets.token_hex(5)}", "password": "correct horse"}
    assert auth.post("/register", body).status == 201
    return body


@pytest.fixture
def ada(auth, account):
    """The token of a new user."""
    return auth.post("/login", account).json["access_token"]
