"""Drops files onto a window, as a file manager does: XDND, version 5, from a window of its own."""

import pathlib
import select
import time
import urllib.parse

from Xlib import X, display
from Xlib.protocol import event


def drop(server, target, paths, seconds=20):
    """Returns whether the target said that it took them."""
    connection = display.Display(server)
    atom = connection.intern_atom
    root = connection.screen().root
    source = root.create_window(0, 0, 10, 10, 0, X.CopyFromParent)
    window = connection.create_resource_object("window", int(target))
    uris = "".join(f"file://{urllib.parse.quote(str(pathlib.Path(path).resolve()))}\r\n" for path in paths)
    source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)

    def tell(kind, *data):
        message = event.ClientMessage(window=window, client_type=atom(kind), data=(32, [source.id, *data][:5]))
        window.send_event(message, event_mask=X.NoEventMask)
        connection.flush()

    def until(kind):
        """Answers requests for the names of the files, until the target says so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not connection.pending_events():
                select.select([connection], [], [], 0.2)
                continue
            came = connection.next_event()
            if came.type == X.SelectionRequest:
                came.requestor.change_property(came.property, came.target, 8, uris.encode())
                answer = event.SelectionNotify(time=came.time, requestor=came.requestor, selection=came.selection,
                                               target=came.target, property=came.property)
                came.requestor.send_event(answer)
                connection.flush()
            elif came.type == X.ClientMessage and came.client_type == atom(kind):
                return came.data[1]
        return None

    try:
        tell("XdndEnter", 5 << 24, atom("text/uri-list"), X.NONE, X.NONE)
        tell("XdndPosition", 0, 50 << 16 | 50, X.CurrentTime, atom("XdndActionCopy"))
        accepted = (until("XdndStatus") or [0, 0])[1] & 1
        if not accepted:
            return False
        tell("XdndDrop", 0, X.CurrentTime, 0, 0)
        return until("XdndFinished") is not None
    finally:
        connection.close()
