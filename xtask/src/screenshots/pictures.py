"""Brings the window into the state that a picture shows, and takes it light and dark."""
import os
import pathlib
import time

import drive
from drive import Window, keys, pointer, type_text, wait

HERE, SERVER = "Files on this computer", "Files on the server"


def take(window, folder, name):
    """Both pictures of one state. The pointer is out of the way."""
    pointer(2478, 1638)
    for theme in ("light", "dark"):
        choose_theme(window, theme)
        time.sleep(1.0)
        picture = f"{folder}/{name}-{theme}.png"
        drive.run("import", "-window", window.find_window(), "-strip", "-define",
                  "png:compression-level=9", picture)


def choose_theme(window, theme):
    """The button walks through the themes, and its name is that of the next one."""
    wanted = {"light": "Light theme", "dark": "Dark theme"}[theme]
    for _ in range(4):
        if window.look(wanted, "push button"):
            window.press(wanted)
            return
        if window.look("Theme of the system", "push button"):
            window.press("Theme of the system")
            time.sleep(0.3)
            if not window.look(wanted, "push button"):
                return
    raise drive.Failed(f"no way to the {theme} theme: {window.names()}")


def home(name):
    return pathlib.Path(os.environ["HOME"]) / name


def go_to(window, path):
    window.press("Type a path on this computer")
    window.find("Path on this computer")
    time.sleep(0.3)
    keys("ctrl+a")
    type_text(str(path))
    keys("Return")


def at_documents(link, name="Documents"):
    window = Window(link)
    window.find(SERVER)
    go_to(window, home(name))
    return window


def connect(link, folder, pid):
    with Window() as window:
        window.find("Address or link")
        take(window, folder, "connect")


def browsing(link, folder, pid):
    with at_documents(link) as window:
        window.click("Budget.ods", "list item")
        drive.run("xdotool", "keydown", "ctrl")
        window.click("Tide tables.csv", "list item")
        drive.run("xdotool", "keyup", "ctrl")
        take(window, folder, "browsing")


def job(link, folder, pid):
    for index in range(400):
        path = home(f"Documents/Notes/IMG_{index:04}.jpg")
        path.write_bytes(os.urandom(1000) * (1500 + index))
    with at_documents(link) as window:
        window.click("Notes", "list item")
        # The server is slowed down, so that there is something to see.
        os.kill(int(pid), 19)
        window.press("Upload")
        os.kill(int(pid), 18)
        window.says(" of ")
        take(window, folder, "job")


def conflict(link, folder, pid):
    with at_documents(link) as window:
        window.click("Minutes of November.md", "list item")
        drive.run("xdotool", "keydown", "ctrl")
        window.click("Tide tables.csv", "list item")
        drive.run("xdotool", "keyup", "ctrl")
        window.press("Upload")
        wait("the question", lambda: window.look("Replace all") or answer(window))
        take(window, folder, "conflict")


def answer(window):
    for name in window.names():
        if name.startswith("Answer "):
            window.press(name)
    return None


def sharing(link, folder, pid):
    with Window("--share", home("Documents")) as window:
        window.find(SERVER)
        window.press("Share a folder")
        window.press("Let others in")
        window.says("ferry://")
        take(window, folder, "sharing")
        window.press("Stop sharing")


def error(link, folder, pid):
    with at_documents(link) as window:
        os.kill(int(pid), 9)
        window.press("Refresh")
        window.says("rying")
        take(window, folder, "error")


def scripts(link, folder, pid):
    with at_documents(link, "文档") as window:
        window.click("2026年度报告.pdf", "list item")
        take(window, folder, "scripts")


drive.main({
    "connect": connect, "browsing": browsing, "job": job, "conflict": conflict,
    "sharing": sharing, "error": error, "scripts": scripts,
})
