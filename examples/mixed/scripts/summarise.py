"""Summarise notes: how many, and the longest."""


def summarise(notes):
    if not notes:
        return "no notes"
    longest = max(notes, key=len)
    return f"{len(notes)} notes, the longest: {longest}"
