"""The Model tab: which model writes the answers, for this visit or for everybody; a key goes in and never comes out again."""

from __future__ import annotations

import contextlib
import difflib
import threading
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import SecretStr

from rag.assistant import LLMOptions
from rag.errors import AuthRejected, ConfigError, ProviderError, ProviderTimeout, ProviderUnreachable
from rag.redaction import redacted
from ui.guard import guarded, number, sent
from ui.markup import tag
from ui.page import NOT_OWNER, PRIVATE, Page, on_load
from ui.uploads import visit_of
from ui.visit import Visit  # noqa: TC001 - gradio reads the types of handlers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rag.answering.reach import Reach
    from ui.nearby import Server

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


def unfit(page: Page, model: LLMOptions) -> str:
    """Why this model can't be used, in a line; empty where its server answers and, as far as it tells, has the model."""
    from rag.answering.provider import LLMConfig, Provider
    from rag.answering.windows import offers

    secret = SecretStr(model.api_key) if model.api_key else None
    update = {"llm_base_url": model.base_url, "llm_model": model.model, "llm_api_key": secret, "llm_max_retries": 0, "llm_timeout_s": 10.0}
    config = LLMConfig.from_settings(page.settings.model_copy(update=update), reach=model.reach)
    with contextlib.closing(Provider(config)) as provider:
        try:
            offered = provider.models()
        except (ProviderUnreachable, ProviderTimeout, AuthRejected) as error:
            return redacted(str(error))
        except ProviderError:
            return ""  # not every server lists its models; the first answer tells
    if not offered or offers(offered, model.model):
        return ""
    near = difflib.get_close_matches(model.model, offered, n=3) or offered[:8]
    return f"the server has no model {model.model!r}; it has {', '.join(near)}{' and others' if len(offered) > len(near) else ''}"


def found(servers: Sequence[Server], in_use: LLMOptions | None) -> Markup:
    """The servers of this machine with their models; a press uses one."""
    if not servers:
        text = "None was found: Ollama, LM Studio, llama.cpp and vLLM are looked for where they usually listen."
        return tag("p", text, class_="hint", role="status")
    rows = []
    for place, server in enumerate(servers):
        used = in_use is not None and in_use.base_url.rstrip("/") == server.base_url
        buttons = [
            tag(
                "button",
                name,
                type="button",
                data_event="select",
                data_place=place,
                data_model=name,
                aria_pressed="true" if used and in_use is not None and in_use.model == name else "false",
            )
            for name in server.models
        ]
        where = server.base_url.removeprefix("http://").removesuffix("/v1")
        rows.append(tag("li", tag("p", tag("strong", server.name), tag("span", f" at {where}", class_="muted")), *buttons))
    return tag("ul", *rows, class_="servers")


def offered(page: Page, visit: Visit) -> list[tuple[str, LLMOptions]]:
    """The models that can be chosen at once, with what they are called: the one in use first, then those of this machine."""
    model = page.shelf.model_of(visit)
    known = [(model.model, model)] if model else []
    known += [
        (f"{name} ({server.name})", LLMOptions(base_url=server.base_url, model=name))
        for server in visit.servers
        for name in server.models
        if model is None or (model.base_url.rstrip("/"), model.model) != (server.base_url, name)
    ]
    return known


def picker(page: Page, visit: Visit) -> Markup:
    """Who writes, chosen beside the question: no model, the one in use, those of this machine, or another on the Model tab."""
    in_use = page.shelf.model_of(visit)
    rows = [tag("option", "No model: sentences of the abstracts", value=-1, selected=in_use is None)]
    rows += [tag("option", text, value=n, selected=one == in_use) for n, (text, one) in enumerate(offered(page, visit))]
    rows.append(tag("option", "Another model …", value="other"))
    return tag("label", tag("span", "Answers by ", class_="muted"), tag("select", *rows, aria_label="Who writes the answers"))


def build(page: Page) -> None:
    """Lay the tab out and wire it."""
    with gr.Column(elem_classes="sheet narrow"):
        gr.HTML(
            "<h2>Who writes the answers</h2><p>Without a model, answers are sentences of the abstracts, and nothing leaves this machine. "
            "With one, it writes them from the abstracts, and every sentence is checked before it is shown.</p>",
            js_on_load=None,
            apply_default_css=False,
        )
        gr.HTML("<h3>On this machine</h3>", js_on_load=None, apply_default_css=False)
        servers = gr.HTML("", elem_id="servers", js_on_load=on_load("delegate"), apply_default_css=False)
        again = gr.Button("Look again", scale=0, size="sm", min_width=120)
        gr.HTML(
            "<h3>Elsewhere, or by hand</h3><p class='hint'>Any server that speaks OpenAI's protocol: a provider's, or one of your own.</p>",
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
            '<p class="hint">The key stays in the server\'s memory while it is used. It is never shown again, written down or stored in '
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

    def shown(visit: Visit, said: Markup) -> Any:
        model = page.shelf.model_of(visit)
        return {
            key: "", outcome: str(said), page.top: str(page.banner(visit)), page.picker: str(picker(page, visit)),
            servers: str(found(visit.servers, model)),
        }  # fmt: skip

    def take(visit: Visit, chosen: LLMOptions | None, how: str, request: gr.Request) -> Any:
        """From now on this model writes, or none does; one that does not answer is not taken."""
        if chosen is not None and (why := unfit(page, chosen)):
            return shown(visit, tag("p", tag("strong", "Not used. "), why, class_="fn-error problem", role="alert"))
        if how == ALL:
            page.shelf.llm, page.shelf.offline, visit.llm, visit.offline = chosen, chosen is None, None, chosen is None
        else:
            visit.llm, visit.offline = chosen, chosen is None
        page.shelf.remember(visit_of(request.cookies), visit)
        if chosen is None:
            return shown(visit, tag("p", "Answers are sentences of the abstracts now.", role="status"))
        threading.Thread(target=page.shelf.load_model_packages, daemon=True).start()
        return shown(visit, tag("p", f"{chosen.model} writes the answers now.", role="status"))

    def used(visit: Visit, url: str, model: str, secret: str, how: str, request: gr.Request) -> Any:
        try:
            return take(visit, typed(visit, url, model, secret, request), how, request)
        except ConfigError as error:
            return shown(visit, tag("p", str(error), class_="fn-error problem", role="alert"))

    def left(visit: Visit, how: str, request: gr.Request) -> Any:
        if how == ALL:
            allowed(request)
        return take(visit, None, how, request)

    def checked(visit: Visit, url: str, model: str, secret: str, request: gr.Request) -> Any:
        lines = tried(page, typed(visit, url, model, secret, request))
        signs = {"ok": "✓", "problem": "✗", "note": "·"}
        rows = [
            tag("li", f"{signs.get(kind, '·')} {text.strip().removesuffix('; set FOOTNOTE_LLM_MODEL')}", class_=kind)
            for kind, _, text in (line.partition(":") for line in lines)
        ]
        return {outcome: str(tag("ul", *rows, class_="tried", role="status"))}

    def looked(visit: Visit, request: gr.Request, *, fresh: bool = False) -> Any:
        """What is on this machine; only for whoever may use it."""
        visit.servers = page.nearby.servers(again=fresh) if page.owns(request) else ()
        return {servers: str(found(visit.servers, page.shelf.model_of(visit))), page.picker: str(picker(page, visit))}

    def looked_again(visit: Visit, request: gr.Request) -> Any:
        return looked(visit, request, fresh=True)

    def pressed(visit: Visit, how: str, event: gr.EventData, request: gr.Request) -> Any:
        """A model of a server that was found."""
        allowed(request)
        place, model = number(event, "place"), str(sent(event, "model") or "")
        if not 0 <= place < len(visit.servers) or model not in visit.servers[place].models:
            raise ConfigError("that server is no longer there; look again")
        return take(visit, options(visit.servers[place].base_url, model, "", None), how, request)

    def picked(visit: Visit, event: gr.EventData, request: gr.Request) -> Any:
        """Chosen beside the question."""
        place = number(event, "place")
        if place < 0:
            return take(visit, None, HERE, request)
        allowed(request)
        known = offered(page, visit)
        if place >= len(known):
            raise ConfigError("that model is no longer there; look again on the Model tab")
        return take(visit, known[place][1], HERE, request)

    out = [key, outcome, page.top, page.picker, servers]
    quick: dict[str, Any] = {"api_visibility": PRIVATE, "concurrency_limit": 8, "show_progress": "hidden"}
    use.click(guarded(used), [page.visit, address, name, key, scope], out, **quick)
    test.click(guarded(checked), [page.visit, address, name, key], out, **quick)
    without.click(guarded(left), [page.visit, scope], out, **quick)
    again.click(guarded(looked_again), page.visit, out, **quick)
    servers.select(guarded(pressed), [page.visit, scope], out, **quick)
    page.picker.select(guarded(picked), page.visit, out, **quick)
    page.looked = guarded(looked), out


def _owner(page: Page) -> None:
    """Where the owner shows the key; the browser exchanges it for a cookie."""
    words = "" if page.access.can_unlock else "<p>This server has no owner's key: papers are added on its command line.</p>"
    gr.HTML(f"<h2>Owner</h2><p>Adding and removing papers, and choosing a model, take the owner's key here.</p>{words}", js_on_load=None)
    key = gr.Textbox(label="Owner's key", type="password", html_attributes=gr.InputHTMLAttributes(autocomplete="off"))
    unlock = gr.Button("Unlock", scale=0, min_width=100)
    leave = gr.Button("Sign out", scale=0, min_width=100)
    unlock.click(None, key, key, js="async (key) => { await Footnote.unlock(key); return ''; }", api_visibility=PRIVATE)
    leave.click(None, js="() => Footnote.leave()", api_visibility=PRIVATE)
