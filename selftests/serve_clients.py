#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that no server likes, for test_serve.sh and test_clients.sh:
serve_clients.py PORT KIND."""
import os
import resource
import socket
import sys
import time


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    sock.settimeout(5)
    return sock


def answer(sock):
    """The status of the answer; "closed": none came."""
    try:
        line = sock.recv(4096).split(b"\r\n")[0].decode("latin-1")
    except OSError:
        line = ""
    return line.split(" ")[1] if line.startswith("HTTP/") else "closed"


def ask(port, request):
    try:
        sock = connect(port)
    except OSError:
        return "closed"
    try:
        sock.sendall(request)
    except OSError:
        pass
    status = answer(sock)
    sock.close()
    return status


def well_served(port):
    start = time.monotonic()
    status = ask(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return status == "200" and time.monotonic() - start < 2


def idle(port, count=1000):
    """A thousand that say nothing, or half a request: others are served."""
    socks = []
    for i in range(count):
        sock = connect(port)
        if i % 2:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: local")
        socks.append(sock)
    served = sum(well_served(port) for _ in range(5))
    print(f"{len(socks)} {served}")
    for sock in socks:
        sock.close()


def unread(port, count=200):
    """Many that ask and never read the answer."""
    socks = [ask_and_wait(port) for _ in range(count)]
    print(len(socks), well_served(port), unsent_kb(port) < 512 * count)
    for sock in socks:
        sock.close()


def unsent_kb(port):
    """What the kernel keeps for those who do not read, from the server's side."""
    with open("/proc/self/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[4].split(":")[0], 16) for row in rows
               if row[1].endswith(f":{port:04X}")) // 1024


def ask_and_wait(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(5)
    sock.connect(("127.0.0.1", port))
    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return sock


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def versions(port, pid, count=60):
    """Slow readers, each of another snapshot: what the server grows by, and whether others see
    what is new."""
    well_served(port)
    before, most, served, socks = rss_kb(pid), 0, 0, []
    for _ in range(count):
        socks.append(ask_and_wait(port))
        time.sleep(0.2)
        for sock in socks:
            sock.setblocking(False)
            try:
                sock.recv(64)
            except OSError:
                pass
        most = max(most, rss_kb(pid))
        served += well_served(port)
    print(most - before, served, round(time.time() - snapshot_time(port)))


def snapshot_time(port):
    sock = connect(port)
    sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    text = b"".join(iter(lambda: sock.recv(65536), b""))
    return float(text.split(b"\nweir_snapshot_timestamp_seconds ")[1].split(b"\n")[0])


def linger(port):
    """Reads an answer a little at a time: after how many seconds it is cut off."""
    sock, start = ask_and_wait(port), time.monotonic()
    try:
        while sock.recv(2048) and time.monotonic() - start < 50:
            time.sleep(0.2)
    except OSError:
        pass
    print(int(time.monotonic() - start))


def twice(port):
    """Two names of the host."""
    print(ask(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"))


def slow(port):
    """A byte now and then: cut off, or at least nobody else waits."""
    sock = connect(port)
    for byte in b"GET /metrics HTTP/1.1\r\n":
        sock.sendall(bytes([byte]))
        time.sleep(0.02)
    print(well_served(port))


def trickle(port, count=2100):
    """More than there are connections, each of which sends headers without an end."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    socks = []
    for _ in range(count):
        sock = connect(port)
        sock.setblocking(False)
        send_some(sock, b"GET / HTTP/1.1\r\nX: ")
        socks.append(sock)
    start, served = time.monotonic(), False
    while not served and time.monotonic() - start < 16:
        time.sleep(1)
        for sock in socks:
            send_some(sock, b"a")
        served = well_served(port)
    print(len(socks), served, round(time.monotonic() - start, 1))


def send_some(sock, some):
    try:
        sock.send(some)
    except OSError:
        pass


def garbage(port):
    for size in (1, 100, 5000, 100000):
        for _ in range(5):
            ask(port, os.urandom(size) + b"\r\n\r\n")
    print(well_served(port))


def large(port):
    """A long URL, long headers, many headers, a body."""
    host = b"Host: localhost\r\n"
    print(ask(port, b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + host + b"\r\n"),
          ask(port, b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 20000 + b"\r\n\r\n"),
          ask(port, b"GET / HTTP/1.1\r\n" + host + b"X: a\r\n" * 3000 + b"\r\n"),
          ask(port, b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 99999999\r\n\r\n" + b"a" * 100000),
          well_served(port))


def stream(port, rcvbuf=0):
    sock = socket.socket()
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    sock.settimeout(5)
    sock.connect(("127.0.0.1", port))
    sock.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return sock


def unheard(port, count=64):
    """All the streams there are, of little each, that nobody reads: when there is a place."""
    socks = [stream(port, 2048) for _ in range(count)]
    time.sleep(0.5)
    start, before = time.monotonic(), answer(stream(port))
    while answer(stream(port)) != "200" and time.monotonic() - start < 40:
        time.sleep(0.5)
    print(before, len(socks), int(time.monotonic() - start))


def left(port, count=64):
    """All that there are are left again."""
    statuses = set()
    for sock in [stream(port) for _ in range(count)]:
        statuses.add(answer(sock))
        sock.close()
    print(statuses, answer(stream(port)))


def deaf(port, count=70):
    """Streams that are opened and never read."""
    request = b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    statuses, socks = {}, []
    for _ in range(count):
        sock = connect(port)
        sock.sendall(request)
        status = answer(sock)
        statuses[status] = statuses.get(status, 0) + 1
        socks.append(sock)
    print(statuses.get("200", 0), statuses.get("503", 0), well_served(port))


if __name__ == "__main__":
    globals()[sys.argv[2]](int(sys.argv[1]), *map(int, sys.argv[3:]))
