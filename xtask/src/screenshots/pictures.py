"""Brings the window into the state that a picture shows, and takes it light and dark."""
import os
import pathlib
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
    with Window() as window:
        window.find("Address or link")
        take(window, folder, "connect")


def browsing(link, folder, pid):
    with at_documents(link) as window:
        window.click_row(SERVER, "Bridge survey.mp4")
        window.click_row(SERVER, "Budget.ods", "ctrl")
        window.click_row(SERVER, "Tide tables.csv", "ctrl")
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
