"""Thoughts in every dress are taken out of a reply, however it is cut on its way; what only looks like one stays."""

from __future__ import annotations

import pytest

from rag.thoughts import Thoughts, without_thoughts

SAID = "Foo is fast [k3f7]. Bar is slow [a9b2]."

DRESSES = [
    "<think>x [k3f7].</think>{}",
    "<think>\nOkay\n</think>\n\n{}",
    "<reasoning>abc</reasoning>{}",
    "<seed:think>abc</seed:think>{}",
    "<Thinking time=3>abc</Thinking>{}",
    "<thought>a<thought>b</thought>c</thought>{}",
    "<inner_monologue>x</inner_monologue>{}",
    "<scratchpad>abc</scratchpad><answer>{}</answer>",
    "<thinking>x</thinking><reflection>y</reflection><output>{}</output>",
    "<zorblax>x</zorblax>{}",
    "<unused94>thought\nabc<unused95>{}",
    "◁think▷abc◁/think▷{}",
    "[THINK]abc[/THINK]{}",
    "<|channel|>analysis<|message|>We need x [k3f7].<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "<|channel|>analysis<|message|>x<|end|><|channel|>commentary<|message|>y<|end|><|channel|>final<|message|>{}",
    "<|channel>thought\nabc<channel|>{}",
    "<|START_THINKING|>abc<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
    "<|begin_of_thought|>abc<|end_of_thought|><|begin_of_solution|>{}<|end_of_solution|>",
    "<|thinking|>abc<|/thinking|>{}",
    "analysisWe need to x.assistantfinal{}",
    "Thinking...\nabc\n...done thinking.\n\n{}",
    "Here is my thought process:\nabc\nHere is my response:\n{}",
    "**Thinking:** hm\n\n**Answer:** {}",
    "### Reasoning\nBecause [k3f7]\n\n### Answer\n{}",
    "Thought: I should look [k3f7].\nFinal Answer: {}",
    "```think\nabc [k3f7]\n```\n{}",
    "The evidence says so. I should cite [k3f7].\n</think>\n\n{}",
    "It may be a thought without a word on who thinks.\n</reasoning>\n{}",
]

NONE = [
    "Foo holds for n<5 and m>3 [k3f7]. H<sub>2</sub>O is wet [a9b2].",
    "Uncited text. More of it.",
    "Question: What?\n\nAnswer:\nFoo is fast [k3f7].",
    "## Analysis of Foo\nFoo is fast [k3f7].",
    "Foo is fast [k3f7].\n\n```\ncode\n```\nMore.",
    "[BOS] A is b [k3f7].",
]


def streamed(text: str, step: int) -> str:
    """What is given of a reply that comes in pieces."""
    filtering = Thoughts()
    return "".join(filtering.feed(text[n : n + step]) for n in range(0, len(text), step)) + filtering.finish()


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
@pytest.mark.parametrize("dress", DRESSES)
def test_no_thought_is_given(dress: str, step: int) -> None:
    """The answer alone, to the letter."""
    assert streamed(dress.format(SAID), step).strip() == SAID


@pytest.mark.parametrize("step", [1, 3, 7, 1000])
@pytest.mark.parametrize("text", NONE)
def test_what_is_no_thought_stays(text: str, step: int) -> None:
    """Signs, formatting and labels that occur in answers."""
    assert streamed(text, step).strip() == text


@pytest.mark.parametrize("text", ["<think>never ending", "<think>never [k3f7].", "<|channel|>analysis<|message|>no end [k3f7]."])
def test_a_thought_without_end_is_no_answer(text: str) -> None:
    """Nothing of it is given."""
    assert without_thoughts(text) == ""


def test_a_model_that_closes_what_it_never_opened_is_known_by_it() -> None:
    """The second time nothing is given before the closing mark, cited or not."""
    first = Thoughts()
    assert first.feed("Foo [k3f7] is it.\n") + first.feed("</think>" + SAID) + first.finish() != ""
    assert first.unopened
    second = Thoughts(closes=True)
    assert second.feed("Foo [k3f7] is it.\n") == ""
    assert (second.feed("</think>" + SAID) + second.finish()).strip() == SAID
