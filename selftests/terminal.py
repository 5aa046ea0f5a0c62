#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Standard input, a screen as `tmux capture-pane -e -p` has it, as an HTML page."""
import html
import re
import sys

# xterm's eight, made readable on the page's background
PALETTE = ["#3b4048", "#f07178", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0"]
BACK, FORE = "#16181d", "#d7dae0"


def apply(state, codes):
    """SGR codes change bold, reverse, and the two colours; of others a page needs none."""
    for code in codes:
        if code == 0:
            state.update(bold=False, dim=False, reverse=False, fore=None, back=None)
        elif code in (1, 2, 7):
            state[{1: "bold", 2: "dim", 7: "reverse"}[code]] = True
        elif code == 22:
            state.update(bold=False, dim=False)
        elif code == 27:
            state["reverse"] = False
        elif 30 <= code <= 37 or 90 <= code <= 97:
            state["fore"] = PALETTE[code % 10]
        elif 40 <= code <= 47:
            state["back"] = PALETTE[code % 10]
        elif code in (39, 49):
            state["fore" if code == 39 else "back"] = None


def style(state):
    fore, back = state["fore"] or FORE, state["back"] or BACK
    if state["reverse"]:
        fore, back = back, fore
    return (f"color:{fore};background:{back}" + (";font-weight:bold" if state["bold"] else "")
            + (";opacity:.65" if state["dim"] else ""))


def main():
    state = {}
    apply(state, [0])
    out = []
    # tmux switches to line drawing for boxes by SO and SI; the rest of the screen is UTF-8
    text = sys.stdin.read().replace("\x0e", "").replace("\x0f", "").rstrip("\n")
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        codes = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if codes:
            apply(state, [int(code or 0) for code in codes[1].split(";")])
        elif part:
            out.append(f'<span style="{style(state)}">{html.escape(part)}</span>')
    print(f'<!doctype html><meta charset="utf-8"><body style="margin:0;overflow:hidden;background:{BACK}">'
          f'<pre style="margin:14px;font:14px/1.3 monospace;color:{FORE}">' + "".join(out) + "</pre>")


if __name__ == "__main__":
    main()
