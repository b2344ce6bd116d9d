# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which values of a template are written as they are? Jinja's own tree is looked at; nothing is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import Environment, nodes

from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import holds_secret

ENVIRONMENT = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
# Filters whose result is one value of their language, whatever they are given.
WRITERS = {"int", "float", "length", "to_json", "to_nice_json", "to_yaml", "to_nice_yaml", "b64encode", "hash"}
# Filters that leave a constant one.
KEEPERS = {"default", "indent", "lower", "upper", "trim", "string", "regex_replace", "replace", "sum"}
# Filters that leave a list of constants one.
LIST_KEEPERS = {
    *("list", "sort", "unique", "flatten", "select", "reject", "selectattr", "rejectattr"),
    *("intersect", "difference"),
}
NUMBERS = ("int", "float")

Option = dict[str, Any]


def is_writer(name: object) -> bool:
    """Return whether a filter writes any value so that one language reads it back."""
    return name in WRITERS or str(name).startswith("netfs.bench.to_")


class Template:
    """One template, with what its role says about the names in it: described options and private variables."""

    def __init__(self, text: str, options: dict[str, Option], private: dict[str, Any]) -> None:
        self.tree = ENVIRONMENT.parse(text)
        self.options = options
        self.private = private
        self.asked: set[str] = set()
        self.assigned: dict[str, list[nodes.Expr]] = {}
        self.looped: dict[str, list[tuple[nodes.Expr, int | None]]] = {}
        for assignment in self.tree.find_all(nodes.Assign):
            if isinstance(assignment.target, nodes.Name):
                self.assigned.setdefault(assignment.target.name, []).append(assignment.node)
        for loop in self.tree.find_all(nodes.For):
            if isinstance(loop.target, nodes.Name):
                self.looped.setdefault(loop.target.name, []).append((loop.iter, None))
            for place, name in enumerate(loop.target.find_all(nodes.Name)):
                self.looped.setdefault(name.name, []).append((loop.iter, place))

    def shown(self) -> Iterator[nodes.Expr]:
        """Yield each expression whose value the template shows."""
        for output in self.tree.find_all(nodes.Output):
            yield from (one for one in output.nodes if not isinstance(one, nodes.TemplateData))

    def unsafe(self) -> Iterator[tuple[int, str]]:
        """Yield line, names and filters of each value that is neither written by a filter nor harmless by its type."""
        for shown in self.shown():
            if not self.safe(shown):
                yield shown.lineno, described(shown)

    def safe(self, shown: nodes.Expr) -> bool:
        """Return whether an expression comes to a value that its language reads as it was meant."""
        if isinstance(shown, nodes.Const | nodes.Compare | nodes.Test | nodes.Not):
            return True
        if isinstance(shown, nodes.Filter):
            return self.safe_filter(shown)
        if isinstance(shown, nodes.Name):
            return self.once(shown.name, self.safe_name) or self.typed(shown)
        if isinstance(shown, nodes.Getattr | nodes.Getitem):
            is_counter = isinstance(shown.node, nodes.Name) and shown.node.name == "loop"
            return is_counter or self.safe_items(shown.node) or self.typed(shown)
        if isinstance(shown, nodes.Call):
            # a file as a whole is what it is
            return isinstance(shown.node, nodes.Name) and shown.node.name == "lookup" and is_file(shown.args[0])
        parts = parts_of(shown)
        return bool(parts) and all(self.safe(part) for part in parts)

    def safe_filter(self, shown: nodes.Filter) -> bool:
        if is_writer(shown.name):
            return True
        if not all(self.safe(argument) for argument in shown.args):
            return False
        if shown.name in ("join", "first", "last"):
            return self.safe_items(shown.node)
        return shown.name == "ternary" or (shown.name in KEEPERS and self.safe(shown.node))

    def safe_name(self, name: str) -> bool:
        if name in self.assigned or name in self.looped:
            return all(self.safe(value) for value in self.assigned.get(name, [])) and all(
                self.safe_element(iterated, place) for iterated, place in self.looped.get(name, [])
            )
        return name in ("ansible_managed", "role_path") or (
            name in self.private and self.constant(self.private[name], Template.safe)
        )

    def safe_element(self, iterated: nodes.Expr, place: int | None) -> bool:
        """Return whether what a loop binds is safe: an element, or of a dictionary's items the key (0) or value (1)."""
        if place is None:
            return self.safe_items(iterated)
        if not (isinstance(iterated, nodes.Call) and isinstance(iterated.node, nodes.Getattr)):
            return False
        pairs = iterated.node.node
        return isinstance(pairs, nodes.Dict) and all(
            self.safe(pair.key if place == 0 else pair.value) for pair in pairs.items
        )

    def safe_items(self, shown: nodes.Expr) -> bool:
        """Return whether an expression comes to a list, or a dictionary, of safe values."""
        if isinstance(shown, nodes.List | nodes.Tuple):
            return all(self.safe(entry) for entry in shown.items)
        if isinstance(shown, nodes.Dict):
            return all(self.safe(pair.value) for pair in shown.items)
        if isinstance(shown, nodes.Add | nodes.CondExpr):
            return all(self.safe_items(part) for part in parts_of(shown))
        if isinstance(shown, nodes.Filter):
            return self.safe_filtered_items(shown)
        is_name = isinstance(shown, nodes.Name)
        return (is_name and self.once(f"[{shown.name}]", self.safe_list)) or self.typed(shown)

    def safe_filtered_items(self, shown: nodes.Filter) -> bool:
        if shown.name == "map" and shown.args:
            mapped = shown.args[0].value if isinstance(shown.args[0], nodes.Const) else None
            return is_writer(mapped) or (mapped in {*KEEPERS, "join"} and self.safe_items(shown.node))
        if shown.name == "ternary":
            return all(self.safe_items(argument) for argument in shown.args)
        if shown.name in ("default", "union", "zip"):
            return all(self.safe_items(one) for one in (shown.node, *shown.args))
        return shown.name in LIST_KEEPERS and self.safe_items(shown.node)

    def safe_list(self, bracketed: str) -> bool:
        name = bracketed.strip("[]")
        if name in self.assigned:
            return all(self.safe_items(value) for value in self.assigned[name])
        return name in self.private and self.constant(self.private[name], Template.safe_items)

    def constant(self, value: Any, safe: Callable[[Template, nodes.Expr], bool]) -> bool:
        """Return whether a private variable is a constant by its definition, which may be a template itself."""
        if isinstance(value, list | dict):
            return all(
                self.constant(entry, Template.safe) for entry in (value.values() if isinstance(value, dict) else value)
            )
        if not isinstance(value, str):
            return True
        template = Template(value, self.options, self.private)
        template.asked = self.asked
        return all(safe(template, shown) for shown in template.shown())

    def once(self, name: str, answer: Callable[[str], bool], *, unknown: bool = True) -> bool:
        """Ask about a name; where its own definition names it again, as in a sum, the rest of the definition counts."""
        if name in self.asked:
            return unknown
        self.asked.add(name)
        try:
            return answer(name)
        finally:
            self.asked.discard(name)

    def typed(self, shown: nodes.Expr) -> bool:
        """Return whether an option's type leaves nothing to misread: a number, or one of its choices."""
        option = self.option(shown)
        wanted = option.get("elements") if option.get("type") == "list" else option.get("type")
        return wanted in NUMBERS or bool(option.get("choices"))

    def option(self, shown: nodes.Expr) -> Option:
        """Return the description of an expression in the role's argument specification, empty if there is none."""
        if isinstance(shown, nodes.Name):
            return self.option_of_name(shown.name)
        if isinstance(shown, nodes.Getattr | nodes.Getitem):
            key = shown.attr if isinstance(shown, nodes.Getattr) else getattr(shown.arg, "value", None)
            found: Option = self.option(shown.node).get("options", {}).get(key, {})
            return found
        if isinstance(shown, nodes.Filter):
            keeps = shown.name in LIST_KEEPERS or (
                shown.name == "default" and all(self.safe(one) or self.safe_items(one) for one in shown.args)
            )
            return self.option(shown.node) if keeps else {}
        return next(filter(None, map(self.option, parts_of(shown))), {})

    def carries_secret(self, shown: nodes.Expr) -> bool:
        """Return whether a value, or an entry of it, may be a secret by the role's argument specification."""
        if isinstance(shown, nodes.Name):
            return self.once(f"secret {shown.name}", lambda _: self.name_carries_secret(shown.name), unknown=False)
        if isinstance(shown, nodes.Getattr | nodes.Getitem):
            key = shown.attr if isinstance(shown, nodes.Getattr) else getattr(shown.arg, "value", None)
            return self.part_carries_secret(shown.node, key)
        if isinstance(shown, nodes.Filter):
            attribute = next((one.value.value for one in shown.kwargs if one.key == "attribute"), None)
            if shown.name == "map" and (attribute or shown.args):
                return bool(attribute) and self.part_carries_secret(shown.node, attribute)
            mixed = shown.args if shown.name in ("combine", "union", "zip", "product", "default") else []
            return any(self.carries_secret(one) for one in (shown.node, *mixed))
        if isinstance(shown, nodes.List | nodes.Tuple):
            return any(self.carries_secret(one) for one in shown.items)
        return any(self.carries_secret(part) for part in parts_of(shown))

    def part_carries_secret(self, whole: nodes.Expr, key: str | None) -> bool:
        inner = self.option(whole).get("options", {})
        return holds_secret(key, inner[key]) if key in inner else self.carries_secret(whole)

    def name_carries_secret(self, name: str) -> bool:
        if name in self.options:
            return holds_secret(name, self.options[name])
        definition = self.private.get(name)
        if not isinstance(definition, str):
            return False
        template = Template(definition, self.options, self.private)
        template.asked = self.asked
        return any(template.carries_secret(shown) for shown in template.shown())

    def option_of_name(self, name: str) -> Option:
        looped, assigned = self.looped.get(name, []), self.assigned.get(name, [])
        if len(looped) == 1 and looped[0][1] is None:
            found = self.option(looped[0][0])
            return {**found, "type": found.get("elements", "raw")} if found else {}
        if len(assigned) == 1:
            return self.option(assigned[0])
        if looped or assigned:
            return {}
        return self.options.get(name) or self.option_of_definition(name)

    def option_of_definition(self, name: str) -> Option:
        """Return the description of the option that a private variable is by its definition."""
        definition = self.private.get(name)
        if not isinstance(definition, str) or f"option {name}" in self.asked:
            return {}
        template = Template(definition, self.options, self.private)
        template.asked = {*self.asked, f"option {name}"}
        shown = list(template.shown())
        return template.option(shown[0]) if len(shown) == 1 else {}


def is_file(plugin: nodes.Expr) -> bool:
    return isinstance(plugin, nodes.Const) and plugin.value == "ansible.builtin.file"


def parts_of(shown: nodes.Expr) -> list[nodes.Expr]:
    """Return the expressions that one is made of, where each is shown or counted."""
    if isinstance(shown, nodes.Concat):
        return list(shown.nodes)
    if isinstance(shown, nodes.BinExpr):
        return [shown.left, shown.right]
    if isinstance(shown, nodes.CondExpr):
        return [part for part in (shown.expr1, shown.expr2) if part]
    return [shown.node] if isinstance(shown, nodes.UnaryExpr) else []


def described(shown: nodes.Expr) -> str:
    """Return the names in an expression and the filters they went through, as a hint to the place."""
    within = [shown, *shown.find_all((nodes.Name, nodes.Filter))]
    names = dict.fromkeys(one.name for one in within if isinstance(one, nodes.Name))
    return " | ".join([", ".join(names), *(one.name for one in within if isinstance(one, nodes.Filter))])
