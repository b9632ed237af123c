#!/usr/bin/env python3
"""Uses the driver inside your own Python program through its four calls.

It prints events of websocket clients as lines and sends lines of standard input to the clients:
CLASS TYPE GUID DATA, the GUID as 32 and the data as 0-1024 hex digits. The end of the input closes the driver.

    echo '10 6 FFFFFFFFFFFFFFFE0200000000010001 888100D7' | python3 component.py LIBRARY CONFIG [classic|2026]

CONFIG is the path of a configuration, or the configuration itself: it then begins with { (JSON) or < (XML).
The third argument is the event struct to use; the configuration's "event-layout" has to say the same.
"""

import ctypes
import sys
import threading
import time

SUCCESS, TIMEOUT, NOT_OPEN = 0, 32, 33
PRIORITY_NORMAL = 3 << 5
GUID = bytes.fromhex("FFFFFFFFFFFFFFFE0200000000010000")


class ClassicEvent(ctypes.Structure):
    """The event of daemons before 2026."""

    _fields_ = [
        ("crc", ctypes.c_uint16),
        ("obid", ctypes.c_uint32),
        ("year", ctypes.c_uint16),
        ("month", ctypes.c_uint8),
        ("day", ctypes.c_uint8),
        ("hour", ctypes.c_uint8),
        ("minute", ctypes.c_uint8),
        ("second", ctypes.c_uint8),
        ("timestamp", ctypes.c_uint32),
        ("head", ctypes.c_uint16),
        ("vscp_class", ctypes.c_uint16),
        ("vscp_type", ctypes.c_uint16),
        ("guid", ctypes.c_uint8 * 16),
        ("size", ctypes.c_uint16),
        ("data", ctypes.POINTER(ctypes.c_uint8)),
    ]


class Time(ctypes.Structure):
    _fields_ = [
        ("day", ctypes.c_uint8),
        ("hour", ctypes.c_uint8),
        ("minute", ctypes.c_uint8),
        ("second", ctypes.c_uint8),
        ("timestamp", ctypes.c_uint32),
    ]


class TimeOrNanoseconds(ctypes.Union):
    _anonymous_ = ["time"]
    _fields_ = [("time", Time), ("timestamp_ns", ctypes.c_uint64)]


class Event2026(ctypes.Structure):
    """The event of daemons from 2026 on."""

    _anonymous_ = ["when"]
    _fields_ = [
        ("head", ctypes.c_uint16),
        ("obid", ctypes.c_uint32),
        ("year", ctypes.c_uint16),
        ("month", ctypes.c_uint8),
        ("when", TimeOrNanoseconds),
        ("vscp_class", ctypes.c_uint16),
        ("vscp_type", ctypes.c_uint16),
        ("guid", ctypes.c_uint8 * 16),
        ("size", ctypes.c_uint16),
        ("data", ctypes.POINTER(ctypes.c_uint8)),
        ("crc", ctypes.c_uint16),
    ]


def load(path):
    """The library with the types of its calls. ctypes lets other Python threads run while a call waits."""
    driver = ctypes.CDLL(path)
    driver.VSCPOpen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    driver.VSCPOpen.restype = ctypes.c_long
    driver.VSCPClose.argtypes = [ctypes.c_long]
    for call in (driver.VSCPWrite, driver.VSCPRead):
        call.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong]
    return driver


def read_events(driver, handle, event_type, is_closing):
    event = event_type()
    while not is_closing.is_set():
        code = driver.VSCPRead(handle, ctypes.byref(event), 200)
        if code == SUCCESS:
            # With "event-data": "driver" the data belong to the driver until the next VSCPRead: copied here.
            data = bytes(event.data[: event.size]) if event.size else b""
            guid = bytes(event.guid).hex().upper()
            print(event.vscp_class, event.vscp_type, guid, data.hex().upper(), flush=True)
        elif code == NOT_OPEN:
            time.sleep(0.1)  # the driver's inner part is starting again; the call returned at once
        elif code != TIMEOUT:
            print(f"VSCPRead: {code}", file=sys.stderr)
            return


def write_event(driver, handle, event_type, line):
    vscp_class, vscp_type, guid, *rest = line.split()
    data = bytes.fromhex(rest[0] if rest else "")
    event = event_type(head=PRIORITY_NORMAL, vscp_class=int(vscp_class), vscp_type=int(vscp_type), size=len(data))
    event.guid[:] = bytes.fromhex(guid)
    if data:
        event.data = (ctypes.c_uint8 * len(data))(*data)
    # A date of zeros lets the driver fill in the time. The event and its data stay ours.
    code = driver.VSCPWrite(handle, ctypes.byref(event), 500)
    if code != SUCCESS:
        print(f"VSCPWrite: {code}", file=sys.stderr)


def main(library, config, layout="2026"):
    event_type = {"classic": ClassicEvent, "2026": Event2026}[layout]
    driver = load(library)
    handle = driver.VSCPOpen(config.encode(), GUID)
    if handle == 0:
        return 1  # the driver has written the reason to standard error
    is_closing = threading.Event()
    reader = threading.Thread(target=read_events, args=(driver, handle, event_type, is_closing))
    reader.start()
    for line in sys.stdin:
        try:
            write_event(driver, handle, event_type, line)
        except ValueError as error:
            print(f"not an event ({error}): {line}", end="", file=sys.stderr)
    is_closing.set()
    reader.join()
    return 0 if driver.VSCPClose(handle) == SUCCESS else 1


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: component.py LIBRARY CONFIG [classic|2026]")
    sys.exit(main(*sys.argv[1:]))
