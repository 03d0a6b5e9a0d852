"""A picture of what a command prints, colours and all.

usage: terminal.py PICTURE.png COMMAND...     needs `script` (bsdutils) and chromium

The picture of the README, from scripts/examples:
  ../../docs/images/terminal.py ../../docs/images/explain.png footlight explain shop --on hero \
    --profile shop/profiles/gold.json --identity shop:c-1 --at 2026-12-02T10:00
"""
import html
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

STYLE = """body { margin: 0; background: #16181d; } pre { margin: 0; padding: 22px 26px; display: inline-block;
font: 15px/1.5 "DejaVu Sans Mono", monospace; color: #c9ced8; background: #16181d; }
.s1 { color: #fff; font-weight: bold; } .s2 { color: #7b8496; } .s31 { color: #ff7b72; } .s32 { color: #7ee787; } .prompt { color: #79c0ff; }"""


def to_html(text):
    text = re.sub(r"\x1b\[0m", "</span>", html.escape(text, quote=False))
    return re.sub(r"\x1b\[(\d+)m", r'<span class="s\1">', text)


picture, command = sys.argv[1], " ".join(shlex.quote(word) for word in sys.argv[2:])
said = subprocess.run(["script", "-qec", command, "/dev/null"], stdout=subprocess.PIPE, text=True, check=True).stdout
lines = [re.sub(r" +(\x1b\[0m)?$", r"\1", line) for line in said.replace("\r", "").rstrip("\n").split("\n")]
page = f'<meta charset="utf-8"><style>{STYLE}</style><pre><span class="prompt">$</span> {html.escape(command)}\n' + to_html("\n".join(lines)) + "</pre>"
columns = max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in [*lines, "$ " + command])
with tempfile.TemporaryDirectory() as folder:
    source = pathlib.Path(folder) / "page.html"
    source.write_text(page)
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
                    "--force-device-scale-factor=1.5", f"--window-size={int(columns * 9.04) + 54},{round((len(lines) + 1) * 22.5) + 46}",
                    f"--screenshot={pathlib.Path(picture).resolve()}", source.as_uri()], check=True, stderr=subprocess.DEVNULL)
