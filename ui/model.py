"""The Model tab: which model writes the answers, for this visit or for everybody; a key goes in and never comes out again."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import SecretStr

from rag.assistant import LLMOptions
from rag.errors import ConfigError
from ui.guard import guarded
from ui.markup import tag
from ui.page import NOT_OWNER, PRIVATE, Page
from ui.uploads import visit_of
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from rag.answering.reach import Reach

HERE, ALL = "For this visit", "For everybody, until the server stops"


def options(base_url: str, model: str, key: str, in_use: LLMOptions | None, reach: Reach | None = None) -> LLMOptions:
    """The model as typed. An empty key keeps the one in use, if the address is the same: a key never goes to another address.

    ConfigError, too, where the address leads to a machine that is out of `reach`.
    """
    base_url, model, key = (base_url or "").strip().rstrip("/"), (model or "").strip(), (key or "").strip()
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError(f"the address {base_url!r} must begin with http:// or https://, such as http://127.0.0.1:11434/v1")
    if not model:
        raise ConfigError("the model's name is missing; the server's own list of models has it")
    if reach is not None:
        reach.check(base_url)
    if not key and in_use is not None and in_use.base_url.rstrip("/") == base_url:
        return LLMOptions(base_url=base_url, model=model, api_key=in_use.api_key, reach=reach)
    return LLMOptions(base_url=base_url, model=model, api_key=key or None, reach=reach)


def tried(page: Page, model: LLMOptions) -> list[str]:
    """Lines that say whether address, key and model work."""
    from rag.answering.diagnosis import doctor_llm
    from rag.answering.provider import LLMConfig, Provider

    secret = SecretStr(model.api_key) if model.api_key else None
    settings = page.settings.model_copy(
        update={"llm_base_url": model.base_url, "llm_model": model.model, "llm_api_key": secret, "llm_max_retries": 0}
    )
    with contextlib.closing(Provider(LLMConfig.from_settings(settings, reach=model.reach))) as provider:
        return doctor_llm(settings, provider=provider)


def build(page: Page) -> None:
    """Lay the tab out and wire it."""
    with gr.Column(elem_classes="sheet narrow"):
        gr.HTML(
            "<h2>Model</h2><p>Without a model, answers are quoted from the abstracts, offline. With one (any OpenAI-compatible server: "
            "Ollama, vLLM, llama.cpp, LM Studio, a provider), it writes them, and every sentence is checked before it is shown.</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        address = gr.Textbox(label="Address", placeholder="http://127.0.0.1:11434/v1", value=page.settings.llm_base_url or "")
        name = gr.Textbox(label="Model name", placeholder="llama3.1", value=page.settings.llm_model or "")
        key = gr.Textbox(
            label="Key",
            type="password",
            placeholder="Only where the server wants one",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        gr.HTML(
            '<p class="hint">The key stays on the server for as long as it is used; it is never shown again, written down or stored in '
            "the browser.</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        scope = gr.Radio([HERE, ALL], value=HERE, label="Use it")
        with gr.Row(elem_classes="tools"):
            use = gr.Button("Use this model", variant="primary", scale=0, min_width=180)
            test = gr.Button("Try it", scale=0, min_width=100)
            without = gr.Button("Answer offline", scale=0, min_width=170)
        outcome = gr.HTML("", elem_id="tried", js_on_load=None, apply_default_css=False, min_height=60)
        if page.access.needs_key:
            _owner(page)

    def allowed(request: gr.Request) -> None:
        """Where others come too only the owner may name addresses, which this server would then call."""
        if not page.owns(request):
            raise ConfigError(NOT_OWNER)

    def typed(visit: Visit, url: str, model: str, secret: str, request: gr.Request) -> LLMOptions:
        allowed(request)
        configured = (url or "").strip().rstrip("/") == page.settings.llm_base_url
        return options(url, model, secret, page.shelf.model_of(visit), None if configured else page.access.reach)

    def used(visit: Visit, url: str, model: str, secret: str, how: str, request: gr.Request) -> Any:
        chosen = typed(visit, url, model, secret, request)
        if how == ALL:
            page.shelf.llm, page.shelf.offline, visit.llm, visit.offline = chosen, False, None, False
        else:
            visit.llm, visit.offline = chosen, False
        page.shelf.remember(visit_of(request.cookies), visit)
        threading.Thread(target=page.shelf.load_model_packages, daemon=True).start()
        lasting = " To keep it, set FOOTNOTE_LLM_BASE_URL, FOOTNOTE_LLM_MODEL and FOOTNOTE_LLM_API_KEY." if how == ALL else ""
        said = tag("p", f"{chosen.model} writes the answers now.{lasting}", role="status")
        return {key: "", outcome: str(said), page.top: str(page.banner(visit))}

    def left(visit: Visit, how: str, request: gr.Request) -> Any:
        if how == ALL:
            allowed(request)
            page.shelf.llm, page.shelf.offline = None, True
        visit.llm, visit.offline = None, True
        page.shelf.remember(visit_of(request.cookies), visit)
        return {key: "", outcome: str(tag("p", "Answers are quoted offline now.", role="status")), page.top: str(page.banner(visit))}

    def checked(visit: Visit, url: str, model: str, secret: str, request: gr.Request) -> Any:
        lines = tried(page, typed(visit, url, model, secret, request))
        signs = {"ok": "✓", "problem": "✗", "note": "·"}
        rows = [
            tag("li", f"{signs.get(kind, '·')} {text.strip()}", class_=kind) for kind, _, text in (line.partition(":") for line in lines)
        ]
        return {outcome: str(tag("ul", *rows, class_="tried", role="status"))}

    out = [key, outcome, page.top]
    quick: dict[str, Any] = {"api_visibility": PRIVATE, "concurrency_limit": 8}
    use.click(guarded(used), [page.visit, address, name, key, scope], out, **quick)
    test.click(guarded(checked), [page.visit, address, name, key], out, **quick)
    without.click(guarded(left), [page.visit, scope], out, **quick)


def _owner(page: Page) -> None:
    """Where the owner shows the key; the browser exchanges it for a cookie."""
    words = (
        ""
        if page.access.can_unlock
        else "<p>This server has no owner's key (FOOTNOTE_OWNER_KEY): papers are added on its command line.</p>"
    )
    gr.HTML(f"<h2>Owner</h2><p>Adding and removing papers, and choosing a model, take the owner's key here.</p>{words}", js_on_load=None)
    key = gr.Textbox(label="Owner's key", type="password", html_attributes=gr.InputHTMLAttributes(autocomplete="off"))
    unlock = gr.Button("Unlock", scale=0, min_width=100)
    leave = gr.Button("Sign out", scale=0, min_width=100)
    unlock.click(None, key, key, js="async (key) => { await Footnote.unlock(key); return ''; }", api_visibility=PRIVATE)
    leave.click(None, js="() => Footnote.leave()", api_visibility=PRIVATE)
