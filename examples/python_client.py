#!/usr/bin/env python3
"""Logs in over ws1, turns a lamp on and shows the events that arrive.

    python3 python_client.py ws://localhost:8884/ws1 admin secret [SECONDS]

Needs websocket-client and cryptography (Debian: python3-websocket, python3-cryptography).
"""

import sys
import time

import websocket
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# The driver's vscp key: the first 32 hex digits. This is the well-known one of new installations.
KEY = bytes.fromhex("2DBB079A38985AF00EBEEFE22F9FFA0E")


def login_text(user, password, sid):
    """AES-128-CBC of user:password with the session id as iv, padded with zero bytes, in hex."""
    plain = f"{user}:{password}".encode()
    plain += bytes(-len(plain) % 16)
    encryptor = Cipher(algorithms.AES(KEY), modes.CBC(bytes.fromhex(sid))).encryptor()
    return (encryptor.update(plain) + encryptor.finalize()).hex().upper()


def command(connection, text):
    """Sends a frame and returns the reply to it; events may come in between."""
    connection.send(text)
    while True:
        frame = connection.recv()
        if frame.startswith("-"):
            raise SystemExit(f"refused: {frame}")
        if frame.startswith("+"):
            return frame
        print(frame)


def main():
    url, user, password = sys.argv[1:4]
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 10
    connection = websocket.create_connection(url, timeout=10)
    sid = connection.recv().split(";")[2]  # +;AUTH0;<sid>
    command(connection, f"C;AUTH;{sid};{login_text(user, password, sid)}")
    command(connection, "C;OPEN")
    # head, class, type, obid, date, time stamp, GUID, data: CLASS1.CONTROL TurnOn of index 0, zone 1, sub-zone 1
    print(command(connection, "E;96,30,5,0,,,-,0,1,1"))

    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            print(connection.recv())
        except websocket.WebSocketTimeoutException:
            break
    connection.close()


main()
