"""Gradio's components in our colours; the rest is in `static/footnote.css`. The typefaces are the system's, nothing is fetched."""

from __future__ import annotations

from typing import Any

import gradio as gr

FONT = ("-apple-system", "BlinkMacSystemFont", "Segoe UI", "Inter", "Noto Sans", "Helvetica Neue", "Arial", "sans-serif")


def theme() -> Any:
    """Light as paper, dark as slate, one blue."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.stone,
        font=list(FONT),
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    )
    colours = {
        "body_background_fill": ("#faf9f7", "#16181c"),
        "body_text_color": ("#1f2328", "#e7e6e3"),
        "body_text_color_subdued": ("#58606b", "#a6adb7"),
        "background_fill_primary": ("#ffffff", "#1d2025"),
        "background_fill_secondary": ("#f4f2ee", "#22262c"),
        "block_background_fill": ("#ffffff", "#1d2025"),
        "block_border_color": ("#e4e1da", "#31363e"),
        "block_label_text_color": ("#58606b", "#a6adb7"),
        "block_title_text_color": ("#3c444d", "#c3c8cf"),
        "block_info_text_color": ("#58606b", "#a6adb7"),
        "border_color_primary": ("#e4e1da", "#31363e"),
        "input_background_fill": ("#ffffff", "#16181c"),
        "input_border_color": ("#cfcbc2", "#444b55"),
        "input_placeholder_color": ("#6b7280", "#8d95a0"),
        "button_primary_background_fill": ("#1d5fa8", "#7fb2f0"),
        "button_primary_background_fill_hover": ("#174e8b", "#a5caf6"),
        "button_primary_text_color": ("#ffffff", "#101215"),
        "button_secondary_background_fill": ("#f1efea", "#2a2f36"),
        "button_secondary_background_fill_hover": ("#e7e4dc", "#353b44"),
        "button_secondary_text_color": ("#1f2328", "#e7e6e3"),
        "button_cancel_background_fill": ("#f7e3df", "#4a2a26"),
        "button_cancel_text_color": ("#8a1f11", "#ffc9c0"),
        "color_accent": ("#1d5fa8", None),
        "link_text_color": ("#1d5fa8", "#8fbcf3"),
        "link_text_color_hover": ("#174e8b", "#b5d3f8"),
        "checkbox_background_color_selected": ("#1d5fa8", "#7fb2f0"),
        "checkbox_border_color": ("#8b8f96", "#7d858f"),
    }
    values = {name: light for name, (light, _) in colours.items()}
    values |= {f"{name}_dark": dark for name, (_, dark) in colours.items() if dark}
    return base.set(
        **values, input_border_width="1px", input_padding="8px 10px", button_large_text_weight="600", button_large_text_size="15px"
    )
