# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Sphinx makes the documentation site: `make site`."""

project = "netfs.bench"
project_copyright = "netfs.bench contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "docs/site/index"
include_patterns = [
    "docs/**",
    *(f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
    "roles/*/README.md",
    "playbooks/**/README.md",
    "reference/**",
]
myst_heading_anchors = 3
# Labels of Ansible's own documentation, which is not here; antsibull-docs has checked those of the collection
suppress_warnings = ["ref.ref"]
html_theme = "sphinx_rtd_theme"
html_show_sphinx = False
