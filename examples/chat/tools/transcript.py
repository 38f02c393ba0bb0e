"""Prints a thread as Markdown.

usage: CHAT_TOKEN=TOKEN python3 tools/transcript.py API_URL THREAD
"""

import json
import os
import sys
import urllib.request


def markdown(messages):
    """The text of a talk; messages are those that the backend answers."""
    return "\n\n".join(f"**{message['role']}**: {escaped(message['text'])}" for message in messages) + "\n"


def escaped(text):
    """A text that Markdown shows as it is; line breaks stay."""
    for sign in "\\`*_[]<>#":
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", "  \n")


def fetch(url, thread, token):
    request = urllib.request.Request(f"{url}/threads/{thread}/messages", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


if __name__ == "__main__":
    if len(sys.argv) != 3 or "CHAT_TOKEN" not in os.environ:
        sys.exit(__doc__.strip())
    print(markdown(fetch(sys.argv[1], sys.argv[2], os.environ["CHAT_TOKEN"])), end="")
