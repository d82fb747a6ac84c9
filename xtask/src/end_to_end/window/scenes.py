"""What is done with the window, scene by scene. What comes of it on disk is judged outside."""
import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time

from gi.repository import Gio

import drive
from drive import Failed, Window, drag, extents, is_selected, keys, middle, type_text, wait

HERE, SERVER = "Files on this computer", "Files on the server"
DONE = "transferred and verified"


def go_to(window, side, path):
    window.type_path(side, path)


def inside(window, name, down=0.8):
    """A point in a list that no row is at."""
    x, y, width, height = extents(window.find(name))
    return x + width // 2, y + int(height * down)


def on_name(window, name):
    """A point on the text of a row."""
    x, y, _, height = extents(window.find(name, "list item"))
    return x + 50, y + height // 2


def browse(link):
    with Window(link) as window:
        window.click("音楽 music", "list item", times=2)
        window.click("ملف", "list item", times=2)
        window.find("file 02.bin", "list item")
        window.press("Up one folder on the server")
        window.find("ملف", "list item")
        window.close()


def rectangle(link, home):
    with Window(link) as window:
        window.find(SERVER)
        go_to(window, HERE, home)
        first = extents(window.find("file 01.bin", "list item"))
        last = extents(window.find("file 09.bin", "list item"))
        right = first[0] + first[2] - 12
        drag((right, first[1] + 6), (first[0] + 60, last[1] + last[3] - 6))
        window.says("9 of 12 items chosen")
        if is_selected(window.find("file 00.bin", "list item")):
            raise Failed("a row above the rectangle is chosen")
        window.press("Upload")
        window.says(DONE)
        window.close()


def drag_rows(link, home):
    with Window(link) as window:
        window.find(SERVER)
        go_to(window, HERE, home)
        drag(on_name(window, "up 上"), inside(window, SERVER))
        window.says(DONE)
        window.find("down 下", "list item")
        drag(on_name(window, "down 下"), inside(window, HERE))
        wait("both transfers to end",
             lambda: sum(DONE in name for name in window.names()) >= 2)
        window.close()


def drop_in(link, *paths):
    with Window(link) as window, Source(paths) as source:
        target = on_name(window, "inbox")
        drag(source.middle(), target, hold=0.8)
        window.says(DONE)
        window.close()


def drag_out(link, home, told):
    with Window(link) as window, Target(told) as target:
        window.find(SERVER)
        go_to(window, HERE, home)
        with Deaf() as deaf:
            drag(on_name(window, "ç 日本.txt"), deaf.middle(), hold=1.0, steps=30)
        drag(on_name(window, "ç 日本.txt"), target.middle(), hold=1.0, steps=30)
        wait("the files at the other program", lambda: pathlib.Path(told).exists())
        window.close()


def dialog(link, path):
    with Window(link) as window:
        window.find(SERVER)
        window.press("Upload")
        drive.answer_file_dialog("Choose files to upload", path)
        window.says(DONE)
        window.close()


def no_dialog(link):
    with Window(link, environment={"PATH": "/nonexistent"}) as window:
        window.find(SERVER)
        window.press("Upload")
        window.says("No file dialog can be opened")
        window.says("Install the package xdg-desktop-portal-gtk or zenity")
        window.close()


def conflict(link, home):
    with Window(link) as window:
        window.find(SERVER)
        go_to(window, HERE, home)
        window.click("file 00.bin", "list item")
        keys("ctrl+a")
        window.press("Upload")
        wait("the question", lambda: window.look("Replace: file 01.bin") or
             any(press_quietly(window, name) for name in window.names() if name.startswith("Answer")))
        window.press("Replace: file 01.bin")
        window.press("Skip: file 00.bin")
        wait("no more questions", lambda: not window.look("Skip: file 00.bin"))
        window.says("verified")
        window.close()


def press_quietly(window, name):
    node = window.look(name, "push button")
    return node is not None and node.do_action(0) and False


def lost_server(link, home, pid, address, state, share):
    with Window(link) as window:
        window.find(SERVER)
        go_to(window, HERE, home)
        window.click("large.bin", "list item")
        window.press("Upload")
        part = wait("a part at the server",
                    lambda: next(pathlib.Path(share).glob(".ferry-part-*"), None))
        wait("some of its content", lambda: part.stat().st_size > 20_000_000)
        os.kill(int(pid), 9)
        window.says("rying")  # "Trying again…", wherever it is said.
        window.press("Refresh")  # The window still answers.
        with served(share, address, state):
            window.says(DONE, patience=90)
            window.close()


def keyboard(link, home):
    with Window() as window:
        time.sleep(0.5)
        type_text(link)
        keys("Return")
        window.find(SERVER)
        keys("F7")  # The keyboard begins at the server.
        window.find("Folder name")
        time.sleep(0.3)
        type_text("new place")
        keys("Return")
        window.find("new place", "list item")
        keys("F6", "ctrl+l")
        window.find("Path on this computer")
        time.sleep(0.3)
        keys("ctrl+a")
        type_text(home)
        keys("Return")
        window.find("file 00.bin", "list item")
        keys("ctrl+a", "ctrl+u")
        window.says(DONE)
        keys("alt+F4")
        window.process.wait(timeout=30)


def shares(shared, sent, fetched):
    with Window("--share", shared) as window:
        window.find(SERVER)
        go_to(window, HERE, sent)
        window.click("file 00.bin", "list item")
        keys("ctrl+a")
        window.press("Upload")
        window.says(DONE)
        window.press("Share a folder")
        window.press("Let everybody in")
        window.press("Open it to everybody")
        link = window.says("ferry://")
        guest = {**os.environ, "FERRY_STATE_DIR": f"{fetched}-state"}
        subprocess.run([os.environ["FERRY"], "get", f"{link.split('#')[0]}", fetched,
                        "--fingerprint", link.split("fp=")[1]],
                       env=guest, check=True, timeout=60, stdin=subprocess.DEVNULL)
        window.press("Close it to others")
        window.says_no_more("ferry://")
        window.press("Stop sharing")
        wait("the end of the sharing", lambda: not window.look("Stop sharing"))
        window.close()


def invites(shared, fetched):
    with Window("--share", shared) as window:
        window.find(SERVER)
        window.press("Share a folder")
        window.click("Name", "entry")
        type_text("Ben")
        window.press("Make a link")
        link = window.says("ferry://ben@")
        if status()["guest"] is not None:
            raise Failed("an invitation let guests in")
        ferry("ls", link.split("#")[0].replace("ben@", ""), state=f"{fetched}-guest", code=1,
              fingerprint=link)
        ferry("get", link, fetched, state=f"{fetched}-ben")
        window.find("ben is in")
        ferry("ls", link, state=f"{fetched}-other", code=1)
        window.press("Done")
        window.press("Shut out: ben")
        window.press("Yes, shut out: ben")
        window.find("Only this window can reach it.")
        window.press("Stop sharing")
        wait("the end of the sharing", lambda: not window.look("Stop sharing"))
        window.close()


def ferry(*words, state, code=0, fingerprint=None):
    """Runs the client of somebody else, who is asked nothing."""
    if fingerprint is not None:
        key = fingerprint.split("fp=")[1].split("&")[0]
        words = [*words, "--fingerprint", key]
    done = subprocess.run([os.environ["FERRY"], *words], timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "FERRY_STATE_DIR": state},
                          capture_output=True, text=True)
    if done.returncode != code:
        raise Failed(f"{words} ended with {done.returncode}: {done.stderr}")


def key_changed(link, pid, address, state, share):
    """A server that is known comes back with another key."""
    with Window(link) as window:
        window.find(SERVER)
        os.kill(int(pid), 9)
        # A killed process closes its sockets in its own time.
        wait("the end of the server", lambda: not is_listening(address))
        with served(share, address, state):
            window.press("Connect")
            enter_address(window, f"ferry://{address}/")
            window.find("This is not the server you know")
            if any(node.get_role_name() in BUTTONS and node.get_name() != "Stay away"
                   for node in window.all()):
                raise Failed("there is a way on")
            window.press("Stay away")
            forget = window.says("Forget this server")
            window.press(forget)
            window.press("Forget it")
            window.says_no_more("Forget this server")
            if window.look(SERVER):
                raise Failed("forgetting has connected")
            # Whoever comes back compares the new fingerprint.
            enter_address(window, f"ferry://{address}/")
            window.find("Is this the right server?")
            window.press("They agree, connect")
            window.find(SERVER)
            window.close()


BUTTONS = ("push button", "button")


def is_listening(address):
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def enter_address(window, address):
    window.click("Address or link", "entry")
    keys("ctrl+a")
    type_text(address)
    keys("Return")


@contextlib.contextmanager
def served(share, address, state):
    """Another server program at this address."""
    with open(f"{state}.log", "wb") as log:
        server = subprocess.Popen(
            [os.environ["FERRY_SERVER"], "serve", share, "--listen", address, "--guest", "write",
             "--state-dir", state],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
    try:
        wait("the other server", lambda: server.poll() is not None or subprocess.run(
            [os.environ["FERRY_SERVER"], "status", "--state-dir", state],
            capture_output=True, check=False).returncode == 0)
        if server.poll() is not None:
            raise Failed(f"the other server ended with {server.poll()}: see its log")
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)


def kept(shared):
    with Window("--share", shared) as window:
        window.find(SERVER)
        window.press("Share a folder")
        window.press("Keep sharing when this window closes")
        wait("the wish to be kept", lambda: status()["is_kept"])
        window.press("Close")
        window.close()
    if status() is None:
        raise Failed("the server did not outlive its window")
    with Window() as window:
        window.press("Share a folder")
        window.press("Stop sharing")
        wait("the end of the server", lambda: status() is None)
        window.close()


def status():
    """What the server of the shared folder says, if there is one."""
    import json
    state = pathlib.Path(os.environ["FERRY_STATE_DIR"]) / "shared-folder"
    said = drive.run(os.environ["FERRY_SERVER"], "status", "--json", "--state-dir", state,
                     check=False)
    return json.loads(said) if said.strip() else None


def installed(link):
    app = wait("the app in the desktop's list", lambda: Gio.DesktopAppInfo.new("ferry-gui.desktop"))
    if app.get_icon() is None or app.get_startup_wm_class() != "ferry-gui":
        raise Failed("the app has no icon or no class")
    opener = wait("an app for links", lambda: Gio.AppInfo.get_default_for_uri_scheme("ferry"))
    app.launch([], None)
    program = pathlib.Path.home() / ".local/bin/ferry-gui"
    window = Window.__new__(Window)
    window.program, window.title, window.process = str(program), "Ferry", Ended()
    window.open()
    # The link reaches the window that is there already.
    opener.launch_uris([link], None)
    window.find("file 00.bin", "list item")
    if len(drive.run("xdotool", "search", "--onlyvisible", "--name", "^Ferry$").split()) != 1:
        raise Failed("the link opened a second window")
    keys("alt+F4")
    wait("the end of the program", lambda: window.find_window() is None)


class Ended:
    """Stands for a process that the desktop started."""

    @staticmethod
    def poll():
        return 0


class Helper:
    """A window of another program, made with GTK in a process of its own."""

    text = ""
    title = ""

    def __init__(self, arguments):
        code = HELPER + self.text
        self.process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])
        self.window = wait(f"the window {self.title}", lambda: Window.window_named(self.title))
        time.sleep(0.4)

    def middle(self):
        words = dict(line.split("=") for line in drive.run(
            "xdotool", "getwindowgeometry", "--shell", self.window).split())
        return (int(words["X"]) + int(words["WIDTH"]) // 2,
                int(words["Y"]) + int(words["HEIGHT"]) // 2)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(timeout=10)


HELPER = """
import gi, pathlib, sys
gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk
"""


class Source(Helper):
    title = "drag source"
    text = """
window = Gtk.Window(title="drag source", type=Gtk.WindowType.POPUP)
window.set_default_size(150, 60)
window.move(1120, 10)
button = Gtk.Button(label="files")
window.add(button)
button.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
button.drag_source_add_uri_targets()
uris = [pathlib.Path(path).as_uri() for path in sys.argv[1:]]
button.connect("drag-data-get", lambda widget, context, data, info, when: data.set_uris(uris))
window.show_all()
Gtk.main()
"""


class Target(Helper):
    title = "drop target"

    def __init__(self, told):
        super().__init__([told])

    text = """
window = Gtk.Window(title="drop target", type=Gtk.WindowType.POPUP)
window.set_default_size(150, 60)
window.move(1120, 10)
label = Gtk.Label(label="drop here")
window.add(label)
window.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
window.drag_dest_add_uri_targets()
def take(widget, context, x, y, data, info, when):
    pathlib.Path(sys.argv[1]).write_text("\\n".join(data.get_uris()))
window.connect("drag-data-received", take)
window.show_all()
Gtk.main()
"""


class Deaf(Helper):
    """Takes a drop, and then neither fetches anything nor says that it has finished."""
    title = "deaf target"

    def __init__(self):
        super().__init__([])

    text = """
window = Gtk.Window(title="deaf target", type=Gtk.WindowType.POPUP)
window.set_default_size(150, 60)
window.move(1120, 90)
window.drag_dest_set(Gtk.DestDefaults.MOTION, [], Gdk.DragAction.COPY)
window.drag_dest_add_uri_targets()
window.connect("drag-drop", lambda *drop: True)
window.show_all()
Gtk.main()
"""


drive.main({
    "browse": browse, "rectangle": rectangle, "drag": drag_rows, "drop_in": drop_in,
    "drag_out": drag_out, "dialog": dialog, "no_dialog": no_dialog, "conflict": conflict,
    "lost_server": lost_server,
    "keyboard": keyboard, "shares": shares, "invites": invites,
    "key_changed": key_changed, "kept": kept, "installed": installed,
})
