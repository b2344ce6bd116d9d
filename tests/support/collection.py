# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports the collection as Ansible does, so that templates find its filters.

Has to be imported before anything of ansible_collections: what Python alone has imported, Ansible does not find again.
"""

from __future__ import annotations

from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

ROOT = Path(__file__).resolve().parents[2]

init_plugin_loader([str(ROOT / ".venv/collections")])
