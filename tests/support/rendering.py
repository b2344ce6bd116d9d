# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the variables of a role come to, without a node."""

from __future__ import annotations

from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from collection import ROOT

ROLES = ROOT / "roles"


def trusted(value: Any) -> Any:
    """Let every text of a role be rendered, as when Ansible itself had read it."""
    if isinstance(value, dict):
        return {key: trusted(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [trusted(entry) for entry in value]
    return trust_as_template(value) if isinstance(value, str) else value


def rendered(wanted: Any, *roles: str, **variables: Any) -> Any:
    """Render a template with the defaults and variables of these roles, and those that are given."""
    known: dict[str, Any] = {}
    for role in roles:
        for path in (ROLES / role / "defaults/main.yml", ROLES / role / "vars/main.yml"):
            known |= yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Templar(loader=DataLoader(), variables=trusted(known) | variables).template(trusted(wanted))
