#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# pcapng.py FILE: its blocks, a line each, by draft-ietf-opsawg-pcapng. Whatever does not hold
# to it ends with an error.
#	section
#	interface NAME | DESCRIPTION | FILTER | snap N
#	packet KEPT WIRE TIME_NS direction D queue Q verdict V | COMMENT
#	statistics seen N lost N
import struct
import sys


def options(body):
    found = {}
    while body:
        code, length = struct.unpack_from("<HH", body)
        if code == 0:
            assert length == 0 and len(body) == 4, "end of options"
            return found
        assert code not in found, "option twice"
        found[code] = body[4 : 4 + length]
        padding = body[4 + length : 4 + (length + 3) // 4 * 4]
        assert len(found[code]) == length and not any(padding), "padding"
        body = body[4 + (length + 3) // 4 * 4 :]
    return found


def text(value):
    return value.decode("utf-8") if value is not None else "-"


def interface(body):
    link, reserved, snap = struct.unpack_from("<HHI", body)
    opts = options(body[8:])
    assert link == 1 and reserved == 0, "link type"
    assert opts[9] == b"\x09", "resolution"
    filters = opts.get(11)
    assert filters is None or filters[0] == 0, "filter"
    print("interface", text(opts.get(2)), "|", text(opts.get(3)), "|",
          text(filters[1:] if filters else None), "| snap", snap)


def packet(body):
    number, high, low, kept, wire = struct.unpack_from("<IIIII", body)
    opts = options(body[20 + (kept + 3) // 4 * 4 :])
    assert number == 0 and kept <= wire, "lengths"
    verdict = opts.get(7)
    assert verdict is None or (len(verdict) == 9 and verdict[0] == 2), "verdict"
    print("packet", kept, wire, high << 32 | low,
          "direction", struct.unpack("<I", opts[2])[0] if 2 in opts else "-",
          "queue", struct.unpack("<I", opts[6])[0] if 6 in opts else "-",
          "verdict", struct.unpack("<q", verdict[1:])[0] if verdict else "-",
          "|", text(opts.get(1)))


def statistics(body):
    opts = options(body[12:])
    print("statistics seen", struct.unpack("<Q", opts[4])[0],
          "lost", struct.unpack("<Q", opts[5])[0])


data = open(sys.argv[1], "rb").read()
at = 0
while at < len(data):
    kind, total = struct.unpack_from("<II", data, at)
    body = data[at + 8 : at + total - 4]
    assert total % 4 == 0 and len(body) == total - 12, "length"
    assert struct.unpack_from("<I", data, at + total - 4)[0] == total, "second length"
    assert (at == 0) == (kind == 0x0A0D0D0A), "section first"
    if kind == 0x0A0D0D0A:
        assert struct.unpack_from("<IHH", body) == (0x1A2B3C4D, 1, 0), "section"
        print("section")
    elif kind == 1:
        interface(body)
    elif kind == 6:
        packet(body)
    elif kind == 5:
        statistics(body)
    else:
        raise AssertionError("block")
    at += total
