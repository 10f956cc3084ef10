"""What becomes of replies in the styles of real models: which labelled pieces are shown, which stopped, and is the form kept?

Reads `replies.jsonl` (`pieces` of a reply in order, each with a label; `{{words}}` stands for the code of the evidence line that holds
these words) and a folder of documents; a server on the loopback gives each reply to whatever it is asked. Prints a table by label.
Does nothing where the files are not there.

    python scripts/reply_quality.py [--show] [--styles STYLE,...] replies.jsonl DOCUMENTS
"""

from __future__ import annotations

import argparse
import difflib
import functools
import json
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.openai_server import Asked, FakeOpenAI

from rag import config
from rag.assistant import Assistant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.schema import Answer

CORRECT = {"ok", "syn", "ari", "tab", "meta"}
NO_CLAIM = {"lead", "head", "tabh", "echo", "think", "code"}
_MARKS = re.compile(
    r"[\[【(][^\[\]【】()]*\{\{.*?\}\}[^\[\]【】()]*[\]】)](?:\([^)]*\))?|\[Doc\d+\]|\[\d+\]|\(\w+ et al\., \d{4}\)|\{\{.*?\}\}"
)
_SHOWN = {"verified", "reattributed"}


def filled(text: str, asked: Asked) -> str:
    """The reply with codes in their places."""

    def code(match: re.Match[str]) -> str:
        words = " ".join(match[1].split()).casefold()
        return next((line.code for line in asked.evidence if words in " ".join(line.text.split()).casefold()), "zz99")

    return re.sub(r"\{\{(.*?)\}\}", code, text)


def _written(text: str, asked: Asked) -> list[str]:
    return [filled(text, asked)]


def words_of(text: str) -> list[str]:
    """The words of a piece without its citations and its layout."""
    return re.findall(r"\w+", _MARKS.sub(" ", text).split("\n\nSources:")[0].casefold())


def held(piece: Sequence[str], shown: Sequence[str]) -> float:
    """Share of the piece's words that stand in the shown text in the same order."""
    blocks = difflib.SequenceMatcher(None, list(piece), list(shown), autojunk=False).get_matching_blocks()
    return sum(b.size for b in blocks if b.size > 1 or len(piece) < 6) / len(piece) if piece else 0.0


def judged(reply: dict[str, Any], answer: Answer) -> list[bool]:
    """For each piece, whether it is shown as a checked statement; for `tab` whether its row stands in the answer."""
    statements = [words_of(s.text) for s in answer.statements if s.status in _SHOWN] if answer.mode == "llm" else []
    rows = [words_of(line) for line in answer.answer.splitlines() if line.startswith("|")] if answer.mode == "llm" else []
    found = []
    for piece in reply["pieces"]:
        own = words_of(piece["text"])
        among = rows if piece["label"] == "tab" else statements
        together = [[w for s in statements for w in s]] if len(re.findall(r"[.!?](?:\s|$)", piece["text"])) > 1 else []
        found.append(any(held(own, one) >= 0.9 for one in [*among, *together]))
    return found


def shaped(reply: dict[str, Any], answer: Answer) -> bool:
    """Whether lists, tables, headings and code of the reply are such in the answer."""
    text = "".join(p["text"] for p in reply["pieces"] if p["label"] != "think")
    forms = (r"^\s*[-*•] ", r"^\s*\d+[.)] ", r"^#+ ", r"^\|", "```")
    return answer.mode == "llm" and all(
        re.search(form, answer.answer, re.MULTILINE) for form in forms if re.search(form, text, re.MULTILINE)
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("replies", type=Path)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--show", action="store_true", help="print each piece with what became of it")
    parser.add_argument("--styles", default="", help="only these styles, comma-separated")
    given = parser.parse_args()
    if not given.replies.exists() or not given.documents.exists():
        print(f"{given.replies} or {given.documents} is not there; nothing to do")
        return
    rows = [json.loads(line) for line in given.replies.read_text().splitlines()]
    rows = [r for r in rows if not given.styles or r["style"] in given.styles.split(",")]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    whole: list[bool] = []
    calls = thoughts = gave_way = 0
    with tempfile.TemporaryDirectory() as folder, FakeOpenAI() as server:
        window = {"llm_context_tokens": 16_000}
        settings = config.load(library=f"{folder}/library", llm_base_url=server.url, llm_model=server.model, **window)
        with Assistant.open(settings, create=True) as assistant:
            assistant.ingest([given.documents])
            for reply in rows:
                options = reply.get("options", {})
                text = "".join(p["text"] for p in reply["pieces"])
                server.finish, server.reasoning = options.get("finish", "stop"), options.get("reasoning", "")
                server.writer = functools.partial(_written, text)
                server.requests.clear()
                answer = assistant.ask(reply["question"])
                calls += bool(server.requests)
                shown = judged(reply, answer)
                gave_way += bool(server.requests) and answer.mode != "llm"
                thought = [p["text"] for p in reply["pieces"] if p["label"] == "think"] + [options.get("reasoning", "")]
                thoughts += any(held(words_of(t), words_of(answer.answer)) > 0.8 for t in thought if t)
                for piece, there in zip(reply["pieces"], shown, strict=True):
                    counts[piece["label"]][0] += there
                    counts[piece["label"]][1] += 1
                correct = [there for p, there in zip(reply["pieces"], shown, strict=True) if p["label"] in CORRECT]
                if correct and not any(p["label"].startswith("f:") for p in reply["pieces"]):
                    whole.append(all(correct) and shaped(reply, answer))
                if given.show:
                    shape = "" if shaped(reply, answer) else " (form lost)"
                    print(
                        f"\n## {reply['n']} {reply['style']} mode={answer.mode} requests={len(server.requests)}{shape}: {reply['question']}"
                    )
                    for piece, there in zip(reply["pieces"], shown, strict=True):
                        good = there == (piece["label"] in CORRECT or piece["label"] == "wrongcode")
                        print(f"{'   ' if good else '!! '}{'shown ' if there else 'hidden'} {piece['label']:12} {piece['text']!r}")
                    print("   = " + answer.answer.replace("\n", "\n     ") + f"\n   notes: {list(answer.notes)}")
    for label, (count, of) in sorted(counts.items()):
        print(f"{label:20} shown {count:3} of {of:3}  {count / of:.2f}")
    faults = [(a, b) for label, (a, b) in counts.items() if label.startswith("f:")]
    stopped, total = sum(b - a for a, b in faults), sum(b for _a, b in faults)
    claimless = sum(counts[label][0] for label in NO_CLAIM)
    print(f"faults stopped {stopped} of {total}; nothing claimed but shown as checked {claimless}; thoughts shown {thoughts}")
    print(f"replies whole {sum(whole)} of {len(whole)}; model asked {calls} of {len(rows)}; gave way {gave_way}")


if __name__ == "__main__":
    main()
