"""Brings the window into the state that a picture shows, and takes it light and dark."""
import contextlib
import json
import os
import pathlib
import re
import signal
import threading
import time

import drive
from drive import Window, pointer, wait

HERE, SERVER = "Files on this computer", "Files on the server"


def take(window, folder, name):
    """Both pictures of one state. The pointer is out of the way."""
    pointer(2478, 1638)
    for theme in ("light", "dark"):
        drive.prefer(theme)
        time.sleep(2.0)
        picture = f"{folder}/{name}-{theme}.png"
        drive.run("import", "-window", window.find_window(), "-strip", "-define",
                  "png:compression-level=9", picture)


def home(name):
    return pathlib.Path(os.environ["HOME"]) / name


def at_documents(link, name="Documents"):
    window = Window(link)
    window.find(SERVER)
    window.type_path(HERE, home(name))
    return window


def connect(link, folder, pid):
    servers = [
        {"address": "ferry://anna@harbour.example:3000/", "title": "The office",
         "is_bookmarked": True, "used_unix_secs": 4},
        {"address": "ferry://192.168.1.20:3000/", "title": "Boat shed", "is_bookmarked": True,
         "used_unix_secs": 3},
        {"address": "ferry://anna@nas.local:3000/photos", "title": "", "is_bookmarked": False,
         "used_unix_secs": 2},
    ]
    state = pathlib.Path(os.environ["FERRY_STATE_DIR"]) / "client"
    state.mkdir(parents=True, exist_ok=True)
    (state / "servers.json").write_text(json.dumps(servers))
    with Window() as window:
        window.find("Address or link")
        take(window, folder, "connect")


def browsing(link, folder, pid):
    with at_documents(link) as window:
        window.click_row(SERVER, "Bridge survey.mp4")
        window.click_row(SERVER, "Budget.ods", "ctrl")
        window.click_row(SERVER, "Tide tables.csv", "ctrl")
        take(window, folder, "browsing")


@contextlib.contextmanager
def slowed(pid, pause):
    """A server that has a small part of the processor's time, so that there is something to see."""
    is_over = threading.Event()

    def slow():
        while not is_over.wait(0.006):
            os.kill(int(pid), signal.SIGSTOP)
            is_over.wait(pause)
            os.kill(int(pid), signal.SIGCONT)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def job(link, folder, pid):
    survey = home("Documents/Survey of the quay")
    survey.mkdir()
    sizes = {f"Dive {number:02}.mp4": 340_000_000 + number * 21_310_000 for number in range(1, 25)}
    sizes |= {f"IMG_{number:04}.jpg": 2_100_000 + number * 7_919 for number in range(1, 301)}
    for name, size in sizes.items():
        with open(survey / name, "wb") as file:
            # Holes take no room here.
            file.truncate(size)
    with at_documents(link) as window:
        window.click("Survey of the quay", "list item")
        window.press("Upload")
        with slowed(pid, 0.02):
            wait("a film that is half there", lambda: any(map(half_there, window.names())))
        with slowed(pid, 0.2):
            take(window, folder, "job")
        window.press("Cancel")


def half_there(label):
    """Whether a label says that about half of one film went over."""
    found = re.fullmatch(r"([\d.]+) MiB of (\d+) MiB", label)
    return found and int(found[2]) > 300 and 0.4 < float(found[1]) / int(found[2]) < 0.8


def conflict(link, folder, pid):
    with at_documents(link) as window:
        window.click_row(HERE, "Minutes of November.md")
        window.click_row(HERE, "Tide tables.csv", "ctrl")
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
        window.focus("Name", "entry")
        drive.type_text("Ben")
        window.press("Make a link")
        window.says("ferry://")
        take(window, folder, "sharing")
        window.press("Stop sharing")


def error(link, folder, pid):
    with at_documents(link) as window:
        os.kill(int(pid), 9)
        window.press("Refresh")
        window.says("rying")
        take(window, folder, "error")


def undo(link, folder, pid):
    with at_documents(link) as window:
        window.click_row(HERE, "Tide tables.csv")
        window.press("Upload")
        wait("the question", lambda: window.look("Replace all") or answer(window))
        window.press("Replace all")
        window.says("1 file transferred")
        wait("the question to close", lambda: not window.look("Replace all"))
        # The folder is read again, too.
        time.sleep(1)
        window.click_row(SERVER, "Drawings")
        window.click_row(SERVER, "Site plans", "ctrl")
        window.click_row(SERVER, "Budget.ods", "ctrl")
        window.says("3 of 13 items chosen")
        drive.keys("Delete")
        window.press("Delete from the server")
        wait("the folder without them", lambda: not window.look("Budget.ods"))
        drive.keys("ctrl+z")
        window.press("Show what it was: 3 items deleted")
        window.find("/Drawings")
        take(window, folder, "undo")


def scripts(link, folder, pid):
    with at_documents(link, "文档") as window:
        window.click("2026年度报告.pdf", "list item")
        take(window, folder, "scripts")


drive.main({
    "connect": connect, "browsing": browsing, "job": job, "conflict": conflict,
    "sharing": sharing, "error": error, "undo": undo, "scripts": scripts,
})
