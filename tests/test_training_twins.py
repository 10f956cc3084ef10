"""Pairs of a true and a false sentence by construction: only the fact differs, and words alone don't tell which is which."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

import twins
from twin_facts import arms, causes, denials, directions, relations, roles
from twin_text import Edit, Sentence, cleaned, fit, render, swap
from twin_words import verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin_facts import Fact


def parsed(text: str) -> Sentence:
    """A sentence from `word/tag/dep/head[/lemma]` a token; a full stop hangs on the root."""
    tokens = []
    for item in text.split():
        word, tag, dep, head, *lemma = item.split("/")
        tokens.append([word, tag, dep, int(head), *(lemma or [word.lower()]), True])
    tokens[-1][-1] = False
    root = next(n for n, t in enumerate(tokens) if t[3] == n)
    return Sentence([*tokens, [".", ".", "punct", root, ".", False]])


COMPARED = parsed(
    "Fever/NN/nsubj/1 was/VBD/ROOT/1/be higher/JJR/acomp/1/high in/IN/prep/2 goats/NNS/pobj/3/goat than/IN/prep/2 "
    "in/IN/prep/5 sheep/NNS/pobj/6"
)
ACTIVE = parsed(
    "Zinc/NN/nsubj/1 blocks/VBZ/ROOT/1/block the/DT/det/4 slow/JJ/amod/4 channels/NNS/dobj/1/channel in/IN/prep/1 yeast/NN/pobj/5"
)
LISTED = parsed(
    "We/PRP/nsubj/1 used/VBD/ROOT/1/use lasers/NNS/dobj/1/laser for/IN/prep/2 cutting/NN/pobj/3 and/CC/cc/2 glue/NN/conj/2 "
    "for/IN/prep/6 joining/NN/pobj/7"
)
DENIED = parsed("Rainfall/NN/nsubj/3 did/VBD/aux/3/do not/RB/neg/3 change/VB/ROOT/3 with/IN/prep/3 altitude/NN/pobj/4")
CLAIMED = parsed("Rainfall/NN/nsubj/1 changed/VBD/ROOT/1/change with/IN/prep/1 altitude/NN/pobj/2")
RAISED = parsed("Salt/NN/nsubj/1 reduced/VBD/ROOT/1/reduce the/DT/det/3 pressure/NN/dobj/1 in/IN/prep/1 rats/NNS/pobj/4/rat")
LINKED = parsed("Noise/NN/nsubjpass/2 is/VBZ/auxpass/2/be linked/VBN/ROOT/2/link to/IN/prep/2 stress/NN/pobj/3")


def said(s: Sentence, finder: Callable[[Sentence], Iterator[Fact]], kind: str) -> tuple[set[str], set[str]]:
    """Everything that the facts of a kind can say, true and false."""
    facts = [f for f in finder(s) if f.kind == kind]
    return {render(s, e) for f in facts for e in f.true}, {render(s, e) for f in facts for e in f.false}


def test_a_comparison_is_exchanged_or_turned_and_both_together_are_true_again() -> None:
    """Exchanged or turned it is false, exchanged and turned it is true: the false sentences have the words of true ones."""
    true, false = said(COMPARED, arms, "arms exchanged")
    assert true == {
        "Fever was higher in goats than in sheep.",
        "Fever was greater in goats than in sheep.",
        "Fever was lower in sheep than in goats.",
    }
    assert false == {
        "Fever was higher in sheep than in goats.",
        "Fever was greater in sheep than in goats.",
        "Fever was lower in goats than in sheep.",
    }
    turned = said(COMPARED, arms, "comparison turned")
    assert turned == (true, false)


def test_roles_are_swapped_in_both_voices() -> None:
    """The passive is no sign of a false sentence."""
    true, false = said(ACTIVE, roles, "roles swapped")
    assert true == {"Zinc blocks the slow channels in yeast.", "The slow channels are blocked by zinc in yeast."}
    assert false == {"The slow channels block zinc in yeast.", "Zinc is blocked by the slow channels in yeast."}


def test_what_belongs_to_what_is_exchanged_and_the_order_of_a_list_alone_is_not() -> None:
    """A list in another order says the same."""
    true, false = said(LISTED, relations, "relations exchanged")
    assert true == {"We used lasers for cutting and glue for joining.", "We used glue for joining and lasers for cutting."}
    assert false == {"We used lasers for joining and glue for cutting.", "We used glue for cutting and lasers for joining."}


def test_every_turn_has_its_reverse() -> None:
    """Denials, directions and causes name their turn, so that as many pairs of the reverse can be taken."""
    assert said(DENIED, denials, "denied") == ({"Rainfall did not change with altitude."}, {"Rainfall changed with altitude."})
    assert said(CLAIMED, denials, "denied") == ({"Rainfall changed with altitude."}, {"Rainfall did not change with altitude."})
    (one,), (other,) = list(denials(DENIED)), list(denials(CLAIMED))
    assert one.turn == (other.turn or ())[::-1]
    true, false = said(RAISED, directions, "direction")
    assert "Salt lowered the pressure in rats." in true
    assert "Salt raised the pressure in rats." in false
    assert not true & false
    assert {"Noise causes stress.", "Noise leads to stress."} <= said(LINKED, causes, "cause and association")[1]


def test_a_denied_sentence_has_no_direction_to_turn() -> None:
    """Who says that salt did not raise a pressure does not contradict that it did not lower it."""
    s = parsed("Salt/NN/nsubj/3 did/VBD/aux/3/do not/RB/neg/3 raise/VB/ROOT/3 the/DT/det/5 pressure/NN/dobj/3")
    assert not list(directions(s))


def test_edits_stand_inside_spans_that_change_places() -> None:
    """A word may be replaced in a span that moves, not in one that is dropped."""
    edits = (*swap((4, 5), (7, 8)), Edit(7, 8, ("ewes",)), Edit(0, 1, ("heat",)))
    assert render(COMPARED, edits) == "Heat was higher in ewes than in goats."
    assert not fit([Edit(0, 3)], [Edit(2, 5)])
    assert not fit([Edit(0, 3)], [Edit(1, 2, ("x",))])
    assert fit([Edit(0, 5, ((2, 5), (0, 2)))], [Edit(3, 4, ("x",))])


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("RESULTS However, we found that goats (n=9) sleep less than sheep [3].", "Goats sleep less than sheep."),
        ("These findings show that mRNA levels fall in the cold.", "mRNA levels fall in the cold."),
        ("We investigated whether goats sleep less than sheep.", ""),
        ("To determine the effect of salt on goats and sheep.", ""),
    ],
)
def test_what_is_not_said_for_sure_is_no_claim(sentence: str, claim: str) -> None:
    """Labels, brackets and openings go; what is asked gives no claim."""
    assert cleaned(sentence) == claim


@pytest.mark.parametrize(
    ("lemma", "tag", "form"),
    [
        ("carry_out", "VBN", "carried out"),
        ("rise", "VBD", "rose"),
        ("drop", "VBG", "dropping"),
        ("be", "VBP", "are"),
        ("tie", "VBG", "tying"),
    ],
)
def test_verbs_are_inflected(lemma: str, tag: str, form: str) -> None:
    """Verbs of two words, irregular and doubling ones."""
    assert verb(lemma, tag) == form


def test_neither_side_has_more_words_that_the_abstract_lacks() -> None:
    """Beside a turned word that the abstract lacks, the true sentence gets such a word of the same meaning; and the other way round."""
    s = parsed(
        "Salt/NN/nsubj/1 reduced/VBD/ROOT/1/reduce the/DT/det/3 effect/NN/dobj/1/effect of/IN/prep/3 novel/JJ/amod/6 drugs/NNS/pobj/4/drug"
    )
    known = frozenset("salt reduced the effect of novel drugs".split())
    kept, turned = (Edit(1, 2, ("reduced",)),), (Edit(1, 2, ("raised",)),)
    same, other = twins.evened(s, (kept, ()), (turned, ()), known, random.Random(1))
    assert twins.new_words(render(s, (*kept, *same)), known) == twins.new_words(render(s, (*turned, *other)), known) == 1
    same, other = twins.evened(s, (turned, ()), (kept, ()), known, random.Random(1))
    assert not same
    assert len(other) == 1


def made(n: int, true: str, false: str) -> twins.Twin:
    """A pair about the abstract `n`."""
    return twins.Twin(kind="k", true=true, false=false, doc=f"d{n}", at=(0,), turn=None, label="contradicted")


def test_pairs_that_words_alone_tell_are_left_out() -> None:
    """Where a word stands in nine of ten true sentences, as many pairs with it on the false side as on the true one remain."""
    found = [made(n, f"Salt{n} surely helps.", f"Salt{n} hardly helps.") for n in range(180)]
    found += [made(n, f"Salt{n} hardly helps.", f"Salt{n} surely helps.") for n in range(180, 200)]
    kept = twins.unbiased(found, random.Random(1))
    sure = sum("surely" in t.true for t in kept)
    assert 0 < sure == len(kept) - sure
    fair = [made(n, f"Salt {('up', 'down')[n % 2]} here.", f"Salt {('down', 'up')[n % 2]} here.") for n in range(200)]
    assert len(twins.unbiased(fair, random.Random(1))) > 100


def records() -> list[dict[str, Any]]:
    """Two abstracts with one subject, as the first step writes them."""
    pairs = (("a/1", RAISED, "Salt reduced the pressure in rats."), ("a/2", CLAIMED, "Rainfall changed with altitude."))
    found: list[dict[str, Any]] = []
    for doc, s, text in pairs:
        tokens = [list(t) for t in s.tokens]
        tokens[0][0], tokens[-2][-1] = text.split()[0], False
        other = f"The brackish catchments of {doc} were mapped."
        found.append({"doc": doc, "title": f"On {doc}", "sentences": [other, text], "claims": [{"at": 1, "tokens": tokens}]})
    return found


def test_rows_point_to_their_sentence_and_repeat_with_the_seed() -> None:
    """`holds` points to the sentence that a pair was made of; the same seed gives the same pairs; judged dev papers are dev."""
    prepared = [dict(r, split=twins.split_of(r["doc"], r["title"], frozenset({"on a 2"}))) for r in records()]
    found = twins.made(prepared, 3)
    assert found == twins.made(prepared, 3)
    assert found
    for t in found:
        record = prepared[int(t.doc[-1]) - 1]
        row = twins.row(record, t.at, true=t.true)
        assert [row["sentences"][h] for h in row["holds"]] == [record["sentences"][1]]
        assert t.true != t.false
    assert prepared[1]["split"] == "dev"


def test_a_long_abstract_is_shown_round_its_sentence() -> None:
    """Twelve sentences at most, those of the pair among them."""
    record = {"doc": "a/1", "title": "", "split": "train", "sentences": [str(n) for n in range(40)]}
    row = twins.row(record, (3, 30))
    assert len(row["sentences"]) == twins.SHOWN
    assert [row["sentences"][h] for h in row["holds"]] == ["3", "30"]
