"""What the check does with claims of several papers, with sums, with what is not stated, and with things that changed places."""

from __future__ import annotations

import pytest

from rag.checking import roles, sums
from rag.checking.clauses import clauses
from rag.checking.unclaimed import allowed, code_allowed, courtesy, missing
from rag.checking.verify import Evidence, Verifier
from rag.citations import read_reply
from rag.schema import Paper
from rag.text import sentences

LEVELS = "Foo reaches 40.08% accuracy on LogBench, far from the human result of 92.96%."
CHANGE = "We scaled the corpus up, from 7 trillion tokens before to 18 trillion tokens now."
COUNTS = "LogBench holds 12,751 pairs over 95 logs."


@pytest.mark.parametrize(
    ("claim", "sentence", "worked"),
    [
        ("That is a gap of 52.88 percentage points.", LEVELS, "92.96 - 40.08 = 52.88"),
        ("Humans are more than twice as accurate as Foo.", LEVELS, "92.96 / 40.08 = 2.32"),
        ("Foo lags behind humans by roughly 53 points.", LEVELS, "92.96 - 40.08 = 52.88"),
        ("The corpus grew by 11 trillion tokens.", CHANGE, "18 trillion - 7 trillion = 11 trillion"),
        ("It has more than two and a half times its former size.", CHANGE, "18 trillion / 7 trillion = 2.57"),
        ("On average a log comes with about 134 pairs.", COUNTS, "12,751 / 95 = 134.22"),
    ],
)
def test_sums_are_worked_out(claim: str, sentence: str, worked: str) -> None:
    """Differences, ratios and averages of two figures of one sentence, with the calculation."""
    found = sums.worked_out(claim, [sentence])
    assert found is not None
    assert ([s.text for s in found[0]], found[1]) == ([worked], "")


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("That is a gap of 62.88 percentage points.", LEVELS),
        ("Foo is more than twice as accurate as humans.", LEVELS),
        ("Humans lag behind Foo by 52.88 points.", LEVELS),
        ("The corpus shrank by 11 trillion tokens.", CHANGE),
        ("The corpus grew by 9 trillion tokens.", CHANGE),
        ("Foo attains 52.88% on LogBench.", LEVELS),
    ],
)
def test_wrong_sums_are_none(claim: str, sentence: str) -> None:
    """Another value, the other direction, the other's figure, or a level that two others are apart."""
    found = sums.worked_out(claim, [sentence])
    assert found is None or found[1]


HELD = "We enlarged the corpus, which had held 7 trillion tokens before, to 18 trillion tokens."
NOW = "The corpus holds 18 trillion tokens now, while it held 7 trillion tokens previously."
YEARS = "In 1990, 40% of adults smoked, whereas by 2010 the share was 25%."
PRUNED = "Error fell to 7% after pruning, from an initial 18%."
TUNED = "Accuracy was 61% before fine-tuning and 75% after it."
SHORTER = "Training took 48 hours originally but takes only 12 hours with our scheme."
PARTS = "The set holds 120 images of cats and 80 images of dogs."
RATES = "The rate of infection was 22.4% with an endoscope and 18% without one."
REPLACED = "We replaced 6 layers with 2 layers."


@pytest.mark.parametrize(
    ("sentence", "right", "wrong"),
    [
        (HELD, "The corpus grew by 11 trillion tokens.", "The corpus shrank by 11 trillion tokens."),
        (HELD, "The corpus is 2.57 times its former size.", "Together they hold 25 trillion tokens."),
        (HELD, "The corpus increased by about 157%.", "The corpus was reduced by 11 trillion tokens."),
        (NOW, "An increase of 11 trillion tokens.", "The corpus shrank by 11 trillion tokens."),
        (YEARS, "Smoking fell by 15 percentage points.", "Smoking rose by 15 percentage points."),
        (YEARS, "Smoking fell by a relative 37.5%.", "Smoking fell by a relative 15%."),
        (PRUNED, "Pruning cut the error by 11 points.", "Pruning raised the error by 11 points."),
        (TUNED, "Accuracy rose by 14 points after fine-tuning.", "Fine-tuning lowers accuracy by 14 points."),
        (SHORTER, "Training is four times faster.", "Training is four times slower."),
        (SHORTER, "Training time was cut by 75%.", "Training time grew by 36 hours."),
        (PARTS, "In total it holds 200 images.", "It shrank by 40 images."),
        (PARTS, "It holds 40 more images of cats than of dogs.", "It holds 40 fewer images of cats than of dogs."),
        (
            RATES,
            "The infection rate was 4.4 percentage points higher with an endoscope than without one.",
            "The infection rate was 4.4 percentage points lower with an endoscope than without one.",
        ),
        (RATES, "The rates differ by 4.4 points.", "Infection fell by 4.4 points."),
        (REPLACED, "The difference is 4 layers.", "The number of layers grew by 4."),
    ],
)
def test_a_change_has_its_direction_from_what_was_before(sentence: str, right: str, wrong: str) -> None:
    """Told by words of time near the figures, in whatever order; where they don't tell, no growth and no fall is worked out."""
    found = sums.worked_out(right, [sentence])
    assert found is not None
    assert found[1] == ""
    turned = sums.worked_out(wrong, [sentence])
    assert turned is None or turned[1]


def test_nothing_rides_along_with_a_sum() -> None:
    """What is worked out passes, without what stands behind it."""
    paper, verifier = Paper(paper_id="foo", title="Foo: a corpus", abstract=f"Foo is a corpus of text. {HELD}"), Verifier()

    def status(claim: str) -> str:
        return verifier.check(claim, [Evidence(paper=paper)], ["foo"]).status

    assert status("The corpus grew by 11 trillion tokens.") == "verified"
    assert status("The corpus shrank by 11 trillion tokens.") == "unsupported"
    assert status("The corpus grew by 11 trillion tokens and kills patients.") == "unsupported"
    assert status("The corpus grew by 11 trillion tokens stolen from hospitals.") == "unsupported"


def test_sums_are_shown_in_the_units_of_the_sentence() -> None:
    """Hours stay hours, though they are compared in seconds."""
    found = sums.worked_out("Training time was cut by 36 hours.", [SHORTER])
    assert found is not None
    assert [s.text for s in found[0]] == ["48 - 12 = 36"]


@pytest.mark.parametrize(
    ("claim", "parts"),
    [
        ("Foo reads logs, whereas Bar writes them.", ["Foo reads logs.", "Bar writes them."]),
        ("While Foo-1 reads logs, Bar-2 writes them.", ["Foo-1 reads logs.", "Bar-2 writes them."]),
        ("Foo-1 and Bar-2 both need no labels.", ["Foo-1 needs no labels.", "Bar-2 needs no labels."]),
        ("Neither Foo-1 nor Bar-2 requires labels.", ["Foo-1 does not require labels.", "Bar-2 does not require labels."]),
        ("One paper reads logs, another writes them.", ["It reads logs.", "It writes them."]),
        ("The papers point in two directions: Foo-1 reads logs, yet Bar-2 writes them.", ["Foo-1 reads logs.", "Bar-2 writes them."]),
    ],
)
def test_claims_are_cut_into_clauses(claim: str, parts: list[str]) -> None:
    """Each with its subject, in the order of the claim."""
    found = clauses(claim)
    assert found is not None
    assert list(found.parts) == parts


def test_each_clause_needs_its_paper() -> None:
    """Two papers carry a comparison together; exchanged, neither does."""
    foo = Paper(paper_id="foo", title="Foo-1: logs", abstract="Foo-1 reads server logs with gradients. It needs no labels.")
    bar = Paper(paper_id="bar", title="Bar-2: rain", abstract="Bar-2 forecasts heavy rain from radar images. It is small.")
    evidence, verifier = [Evidence(paper=foo), Evidence(paper=bar)], Verifier()
    right = verifier.check("Foo-1 reads server logs, whereas Bar-2 forecasts heavy rain.", evidence, ["foo", "bar"])
    assert (right.status, {c.paper_id for c in right.citations}) == ("verified", {"foo", "bar"})
    wrong = verifier.check("Bar-2 reads server logs, whereas Foo-1 forecasts heavy rain.", evidence, ["foo", "bar"])
    assert wrong.status == "unsupported"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("The provided abstracts do not state how large Foo is.", "how large Foo is"),
        ("I'm sorry, but the evidence does not contain information about this.", ""),
        ("Batch size: not stated.", "Batch size"),
        ("The learning rate is not reported.", "The learning rate"),
        ("None of the papers reports results on Spider.", "Spider"),
        ("Foo does not need labels.", None),
        ("The study did not include children.", None),
        ("Models fail to mention the bias.", None),
    ],
)
def test_what_is_said_to_be_missing(text: str, topic: str | None) -> None:
    """Told from what a study itself does not do."""
    found = missing(text)
    assert (found.topic if found else None) == topic


def test_not_stated_is_checked() -> None:
    """True where no paper says so, without a citation; false where one does."""
    paper = Paper(paper_id="foo", title="Foo: logs", abstract="Foo reads logs. The batch size is 12.")
    verifier = Verifier()
    assert verifier.check("The abstracts do not state the licence.", [Evidence(paper=paper)], []).status == "verified"
    assert verifier.check("The abstracts do not state the batch size.", [Evidence(paper=paper)], []).status == "unsupported"


@pytest.mark.parametrize(
    "text", ["Great question!", "I hope this helps!", "Sure! Here's the answer:", "This answer is based only on the abstracts provided."]
)
def test_courtesy_is_told(text: str) -> None:
    """Whoever is spoken to, and what is said of the answer itself."""
    assert courtesy(text)


@pytest.mark.parametrize(
    "text", ["Foo is fast.", "According to the provided evidence, Foo beats Bar.", "Good results are obtained on GLUE."]
)
def test_claims_are_no_courtesy(text: str) -> None:
    """However they begin."""
    assert not courtesy(text)


def test_unchecked_words_are_those_of_the_evidence() -> None:
    """In headings as in code, where quotation marks and remarks hold text like any other."""
    own = frozenset({"log", "foo"})
    assert allowed("Overview of Foo", own)
    assert not allowed("BANANA wins", own)
    assert code_allowed("```python\nlogs = foo(2)\nreturn logs\n```", own)
    assert not code_allowed("```python\napples = 2\nreturn apples\n```", own)
    assert not code_allowed('```\nprint("BANANA")\n```', own)
    assert not code_allowed("```\nThe answer is BANANA\n```", own)


@pytest.mark.parametrize(
    ("claim", "abstract"),
    [
        ("Bar-2 and Baz-3 surpass Foo-1 on LogBench.", "Foo-1 does well on LogBench, surpassing other models, including Bar-2 and Baz-3."),
        ("Foo-1 competes with Bar-9 and Foo-2 with Bar-8.", "Foo-1 and Foo-2 compete with Bar-8 and Bar-9, respectively."),
        (
            "It proposes tree search for texts and beam search for images.",
            "We propose beam search and tree search, for texts and images respectively.",
        ),
        ("It came first on De-En.", "It got the 1st place on Zh-En and En-Zh, and 2nd place on De-En."),
        (
            "Linear metrics give sudden jumps, whereas nonlinear metrics give smooth changes.",
            "Nonlinear metrics give sudden jumps, whereas linear metrics give smooth changes.",
        ),
        (
            "In written text, errors are random.",
            "Errors are fixed in speech and in written text. However, for spoken words, errors are random.",
        ),
        ("In Foo-1, the model plays against Bar-2.", "The model refines itself by playing against copies. Foo-1 beats Bar-2."),
        ("The Foo-1 gate gives a gain of 20%.", "Foo-1 has a gate. A new norm gives a gain of 20%."),
    ],
)
def test_things_that_changed_places(claim: str, abstract: str) -> None:
    """Told by form, whatever they are."""
    texts = [abstract[s.start : s.end] for s in sentences(abstract)]
    assert roles.misplaced(claim, texts, own=frozenset())


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("Foo is fast [k3f7](#ref1).", "k3f7"),
        ("Foo is fast【k3f7†source】.", "k3f7"),
        ("Foo is fast (source: k3f7).", "k3f7"),
        ("Foo is fast [Evidence: k3f7].", "k3f7"),
        ("Foo is fast <cite>k3f7</cite>.", "k3f7"),
        ("Foo is fast k3f7.", "k3f7"),
        ("[k3f7] Foo is fast.", "k3f7"),
        ("Foo is fast (Guo et al., 2024).", "guo et al., 2024"),
        ("Foo is fast [Doc1].", "doc1"),
        ("Foo is fast².", "²"),
    ],
)
def test_citations_of_every_style(reply: str, code: str) -> None:
    """The claim stands without its marker, which is known or named."""
    (found,) = read_reply(reply, ["k3f7"])
    assert found.text == "Foo is fast."
    assert (found.codes or found.unknown) == (code,)
    assert bool(found.codes) == (code == "k3f7")


@pytest.mark.parametrize(
    "extra",
    ["\n\nSources: [k3f7], [a9b2]", "\n\n**References**\n[1] Foo: a parser\n[2] Bar", "\n\n[^1]: Foo, a parser.", "\n\n---\n"],
)
def test_lists_of_sources_are_no_claims(extra: str) -> None:
    """Nor are rules and footnotes."""
    assert [s.text for s in read_reply(f"Foo is fast.{extra}", ["k3f7", "a9b2"]) if s.kind == "claim"] == ["Foo is fast."]
