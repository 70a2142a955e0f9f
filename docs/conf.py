"""The documentation's settings."""

from __future__ import annotations

from django.conf import settings

from orderrules import __version__

# Django's forms and views are documented from their code, which asks for its settings.
settings.configure()

project = "orderrules"
author = "The orderrules developers"
project_copyright = "2026, the orderrules developers"
version = release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_llms_txt",
    "sphinxcontrib.mermaid",
]
exclude_patterns = ["_build", "try"]
myst_enable_extensions = ["colon_fence"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "orderrules"
html_sourcelink_suffix = ""
html_static_path = ["_static"]
html_css_files = ["orderrules.css"]
# Only commands are copied, without the prompt and what they print.
copybutton_prompt_text = "$ "
llms_txt_uri_template = "_sources/{docname}.md"
llms_txt_summary = "Which update may be made to an order now, and which documented rule refuses it: Salla and Awal."
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_class_signature = "mixed"
napoleon_google_docstring = True
napoleon_use_ivar = False
napoleon_attr_annotations = True
nitpicky = False
smartquotes = False  # "--policy" is an option, not a dash.
