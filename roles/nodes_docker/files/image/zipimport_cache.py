# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep what Python compiles out of archives, as __pycache__ does for files.

Ansible sends a module as an archive, and Python compiles all of it at every task: most of the time a short task takes.
A virtual environment keeps the code of its own tasks, those on the controller.
"""

import _imp
import marshal
import os
import sys
import zipimport

# Whoever may write here decides what a later task runs: root alone, or who may change the environment anyway.
VIRTUAL = sys.prefix != sys.base_prefix
FOLDER = f"{sys.prefix if VIRTUAL else '/var/cache'}/zipimport/{sys.implementation.cache_tag}"

compile_source = zipimport._compile_source


def compile_once(path, source):
    name = os.path.join(FOLDER, _imp.source_hash(0, source).hex())
    try:
        with open(name, "rb") as file:
            code = marshal.load(file)
    except (OSError, EOFError, TypeError, ValueError):
        code = compile_source(path, source)
        keep(name, code)
    else:
        _imp._fix_co_filename(code, path)
    return code


def keep(name, code):
    try:
        os.makedirs(FOLDER, 0o700, exist_ok=True)
        with open(f"{name}.{os.getpid()}", "wb") as file:
            marshal.dump(code, file)
        os.replace(file.name, name)
    except OSError:  # a full disk; the next task compiles again
        pass


if VIRTUAL or os.geteuid() == 0:
    zipimport._compile_source = compile_once
