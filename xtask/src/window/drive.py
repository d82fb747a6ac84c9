"""Drives real windows: controls are found by their accessible names (AT-SPI) and worked with real
keys and a real pointer (xdotool). Every wait has a deadline, and every failure says what was
waited for and what was there instead."""
import os
import pathlib
import subprocess
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

PATIENCE = 30.0
PAUSE = 0.05


class Failed(Exception):
    """Something did not come about."""


def run(*words, check=True):
    """Runs a program to its end and returns what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    if check and done.returncode != 0:
        raise Failed(f"{words} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def wait(what, is_so, patience=PATIENCE):
    """Waits until the function gives something true, and returns that."""
    end = time.monotonic() + patience
    while True:
        try:
            found = is_so()
            if found:
                return found
        except (GLib.Error, Failed):
            pass
        if time.monotonic() > end:
            raise Failed(f"waited in vain for {what}")
        time.sleep(PAUSE)


def listen_to_labels():
    """Says that a screen reader is there: without one, windows publish no labels."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    value = GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True)))
    bus.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set",
                  value, None, 0, -1, None)


def nodes(node):
    """A node and all below it."""
    if node is None:
        return
    yield node
    for index in range(node.get_child_count()):
        yield from nodes(node.get_child_at_index(index))


class Window:
    """A program with one window."""

    def __init__(self, *arguments, program=None, title="Ferry", environment=None):
        self.program = program or os.environ["FERRY_GUI"]
        self.title = title
        self.process = subprocess.Popen(
            [self.program, *map(str, arguments)], env={**os.environ, **(environment or {})})
        self.open()

    def open(self):
        """Waits for the window and its labels."""
        wait("the window", self.find_window)
        wait("labels of the window", lambda: self.top() and self.top().get_child_count())
        run("xdotool", "windowactivate", "--sync", self.find_window())

    def find_window(self):
        return self.window_named(self.title)

    @staticmethod
    def window_named(title):
        found = run("xdotool", "search", "--onlyvisible", "--name", f"^{title}$", check=False).split()
        return found[-1] if found else None

    def top(self):
        name = pathlib.Path(self.program).name
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            program = desktop.get_child_at_index(index)
            if program is not None and program.get_name() == name:
                return program
        return None

    def all(self):
        return list(nodes(self.top()))

    def names(self):
        return [node.get_name() for node in self.all() if node.get_name()]

    def look(self, name, role=None):
        """The node of this name now, or nothing."""
        for node in self.all():
            if node.get_name() == name and role in (None, node.get_role_name()):
                return node
        return None

    def find(self, name, role=None, patience=PATIENCE):
        """The node of this name, waited for."""
        try:
            return wait(f"{role or 'something'} named {name!r}", lambda: self.look(name, role),
                        patience)
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.names()}") from None

    def says(self, text, patience=PATIENCE):
        """Waits until some label holds the text, and returns the label."""
        def said():
            return next((name for name in self.names() if text in name), None)
        try:
            return wait(f"the text {text!r}", said, patience)
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.names()}") from None

    def says_no_more(self, text):
        wait(f"the text {text!r} to go",
             lambda: not any(text in name for name in self.names()))

    def press(self, name):
        """Presses a control once it can be pressed."""
        def pressed():
            return any(node.get_name() == name and node.get_n_actions() > 0 and is_enabled(node)
                       and node.do_action(0) for node in self.all())
        try:
            wait(f"the control {name!r} to press", pressed)
        except Failed as failed:
            raise Failed(f"{failed}; there are {self.names()}") from None

    def click(self, name, role=None, button=1, times=1):
        pointer(*self.settled(name, role))
        if times > 1:
            time.sleep(0.6)  # A click just before would make it a triple one.
        run("xdotool", "click", "--repeat", times, "--delay", 60, button)

    def focus(self, name, role):
        """Gives a field the keyboard, as a screen reader does."""
        self.find(name, role).grab_focus()
        time.sleep(0.3)

    def settled(self, name, role):
        """Where the middle of a node is, once it stays there: a dialog finds its place at first."""
        places = [None]

        def stays():
            places.append(middle(self.find(name, role)))
            return places[-1] == places[-2] and places[-1]
        return wait(f"{name!r} to stay where it is", stays)

    def row(self, side, name):
        """A row of one of the two lists."""
        def found():
            left, top, width, height = extents(self.look(side))
            for node in self.all():
                if node.get_name() == name and node.get_role_name() == "list item":
                    x, y, _, _ = extents(node)
                    if left <= x < left + width and top <= y < top + height:
                        return node
            return None
        return wait(f"the row {name!r} of {side!r}", found)

    def click_row(self, side, name, *held):
        """Clicks a row, with keys held down."""
        pointer(*middle(self.row(side, name)))
        for key in held:
            run("xdotool", "keydown", key)
        run("xdotool", "click", 1)
        for key in held:
            run("xdotool", "keyup", key)
        time.sleep(0.2)

    def type_path(self, side, path):
        """Types a path into the address field of a list's side, and goes there."""
        where = "on this computer" if "computer" in side else "on the server"
        self.press(f"Type a path {where}")
        field = self.find(f"Path {where}")
        time.sleep(0.3)
        keys("ctrl+a")
        type_text(str(path))
        wait("the path in its field", lambda: Atspi.Text.get_text(field, 0, -1) == str(path), 5)
        keys("Return")
        wait("the folder", lambda: not self.look(f"Path {where}"))

    def close(self):
        """Closes the window as its owner does, and waits for the program's end."""
        run("xdotool", "windowactivate", "--sync", self.find_window())
        keys("alt+F4")
        self.process.wait(timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def is_enabled(node):
    return node.get_state_set().contains(Atspi.StateType.ENABLED)


def is_selected(node):
    return node.get_state_set().contains(Atspi.StateType.SELECTED)


def extents(node):
    """Left, top, width and height on the screen."""
    found = node.get_extents(Atspi.CoordType.SCREEN)
    return found.x, found.y, found.width, found.height


def middle(node):
    x, y, width, height = extents(node)
    return x + width // 2, y + height // 2


def pointer(x, y):
    run("xdotool", "mousemove", int(x), int(y))
    time.sleep(0.05)


def drag(start, end, hold=0.4, steps=14):
    """Drags with the first button, in small steps as a hand does."""
    pointer(*start)
    run("xdotool", "mousedown", 1)
    time.sleep(0.1)
    for step in range(1, steps + 1):
        x = start[0] + (end[0] - start[0]) * step // steps
        y = start[1] + (end[1] - start[1]) * step // steps
        run("xdotool", "mousemove", int(x), int(y))
        time.sleep(0.06)
    time.sleep(hold)
    run("xdotool", "mouseup", 1)


def keys(*names):
    for name in names:
        run("xdotool", "key", "--clearmodifiers", name)
        time.sleep(0.08)


def type_text(text):
    """Types; what is not ASCII comes by the clipboard, since keyboards have no key for it."""
    if text.isascii():
        run("xdotool", "type", "--delay", 12, "--", text)
    else:
        put_on_clipboard(text)
        keys("ctrl+v")
    time.sleep(0.1)


clipboard_owner = None


def put_on_clipboard(text):
    """Holds a text for whoever pastes, until the next one or the end."""
    global clipboard_owner
    if clipboard_owner is not None:
        clipboard_owner.kill()
        clipboard_owner.wait()
        clipboard_owner = None
    if text is not None:
        words = ["xclip", "-quiet", "-i", "-selection", "clipboard"]
        clipboard_owner = subprocess.Popen(words, stdin=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL)
        clipboard_owner.stdin.write(text.encode())
        clipboard_owner.stdin.close()
        time.sleep(0.2)


def prefer(theme):
    """Says to the whole desktop that windows be light or dark."""
    run("gsettings", "set", "org.gnome.desktop.interface", "color-scheme", f"prefer-{theme}")


def answer_file_dialog(title, path, accept="Return"):
    """Types a path into GTK's dialog, which the portal shows, and accepts it."""
    dialog = wait(f"the dialog {title!r}", lambda: Window.window_named(title))
    run("xdotool", "windowactivate", "--sync", dialog)
    time.sleep(0.6)
    keys("slash")
    time.sleep(0.3)
    keys("ctrl+a")
    type_text(str(path))
    time.sleep(0.6)
    keys(accept)


def main(scenarios):
    """Runs the scenario that the first argument names."""
    name, *arguments = sys.argv[1:]
    listen_to_labels()
    try:
        scenarios[name](*arguments)
    except Failed as failed:
        picture = os.environ.get("FERRY_PICTURES")
        if picture:
            run("import", "-window", "root", f"{picture}/{name}.png", check=False)
        sys.exit(f"{name}: {failed}")
    finally:
        put_on_clipboard(None)
