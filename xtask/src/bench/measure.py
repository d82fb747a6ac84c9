"""Times from a key press to rows on the screen, as a person sees them: a region of the screen is
looked at again and again until it is full of rows."""
import json
import os
import pathlib
import subprocess
import time
import urllib.parse

import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk  # noqa: E402

import drive
from drive import Window, extents, keys, type_text, wait

SERVER = "Files on the server"
# Share of a list's pixels that are not its ground once rows fill it; a word alone stays below.
ROWS_INK = 0.012


def ink(region):
    """Share of the region's pixels that have another colour than most."""
    root = Gdk.get_default_root_window()
    picture = Gdk.pixbuf_get_from_window(root, *region)
    channels, stride = picture.get_n_channels(), picture.get_rowstride()
    width, height = region[2], region[3]
    pixels = picture.get_pixels()
    lines = [pixels[y * stride:y * stride + width * channels] for y in range(0, height, 3)]
    ground = {}
    for line in lines:
        corner = line[-channels * 4:-channels * 3]
        ground[corner] = ground.get(corner, 0) + 1
    ground = max(ground, key=ground.get)
    other = sum(width - line.count(ground) for line in lines)
    return other / (width * len(lines))


def wait_for_rows(region, started, patience=120):
    while ink(region) < ROWS_INK:
        if time.monotonic() - started > patience:
            raise drive.Failed(f"no rows: {ink(region):.4f} of the region is drawn on")
        time.sleep(0.003)
    return time.monotonic() - started


def process_figures(pid):
    """Processor seconds and resident memory in MB."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(resident.split()[1]) / 1024


def ferry(link, count):
    """A folder of many entries over loopback, and the window at rest after it."""
    with Window(link) as window:
        window.find("large", "list item")
        x, y, _, height = extents(window.find(SERVER))
        # Icons and the first letters of names; what an empty folder says stands right of it.
        region = (x + 8, y + 40, 100, height - 60)
        window.press("Type a path on the server")
        window.find("Path on the server")
        time.sleep(0.3)
        keys("ctrl+a")
        type_text("/empty")
        keys("Return")
        wait("the empty folder", lambda: not window.look("large", "list item"))
        window.press("Type a path on the server")
        window.find("Path on the server")
        time.sleep(0.3)
        keys("ctrl+a")
        type_text("/large")
        before = ink(region)
        if before >= ROWS_INK:
            raise drive.Failed(f"{before:.4f} of the region is drawn on before there are rows")
        started = time.monotonic()
        drive.run("xdotool", "key", "Return")
        first = wait_for_rows(region, started)
        window.says(f"{int(count):,} items")
        whole = time.monotonic() - started
        # Away from every control, so that nothing is hovered over.
        drive.pointer(1279, 899)
        time.sleep(2)
        cpu, _ = process_figures(window.process.pid)
        time.sleep(5)
        later, resident = process_figures(window.process.pid)
        print(json.dumps({"first_rows_secs": first, "whole_secs": whole, "ink_before": before,
                          "idle_cpu_secs": later - cpu, "memory_mb": resident}))
        window.close()


FILEZILLA = """<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3>%s</FileZilla3>
"""


def spare_filezilla_its_questions(url):
    """At its first start FileZilla welcomes its user, and asks whether plain FTP is meant."""
    address = urllib.parse.urlsplit(url)
    folder = pathlib.Path(os.environ["XDG_CONFIG_HOME"]) / "filezilla"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"Greeting version": "99", "Update Check": "0"}
    lines = "".join(f'<Setting name="{name}">{value}</Setting>' for name, value in settings.items())
    hosts = f'<InsecureHosts><Host Port="{address.port}">{address.hostname}</Host></InsecureHosts>'
    (folder / "filezilla.xml").write_text(FILEZILLA % f"<Settings>{lines}</Settings>")
    (folder / "trustedcerts.xml").write_text(FILEZILLA % f"<TrustedCerts/>{hosts}")


def filezilla(url, log):
    """FileZilla started on the same folder; its clock begins when it asks for the listing."""
    log = pathlib.Path(log)
    spare_filezilla_its_questions(url)
    program = subprocess.Popen(["filezilla", url], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        window = wait("FileZilla", lambda: drive.run(
            "xdotool", "search", "--onlyvisible", "--name", "FileZilla", check=False).split())[-1]
        drive.run("xdotool", "windowsize", "--sync", window, 1240, 840, check=False)
        drive.run("xdotool", "windowmove", window, 5, 25)
        wait("the listing", lambda: "LIST" in log.read_text(errors="replace"), patience=120)
        started = time.monotonic()
        region = (640, 340, 460, 200)
        first = wait_for_rows(region, started, patience=300)
        _, resident = process_figures(program.pid)
        cpu, _ = process_figures(program.pid)
        picture = os.environ.get("FERRY_PICTURES")
        if picture:
            drive.run("import", "-window", "root", f"{picture}/filezilla.png", check=False)
        print(json.dumps({"first_rows_secs": first, "memory_mb": resident, "cpu_secs": cpu}))
    finally:
        program.terminate()
        try:
            program.wait(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


if __name__ == "__main__":
    drive.main({"ferry": ferry, "filezilla": filezilla})
