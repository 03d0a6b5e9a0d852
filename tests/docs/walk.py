"""Does what a page of docs says, as a reader would, and compares what comes of it.

usage: walk.py PROGRAM PAGE

In a scratch folder, from the top of the page:
- a block whose first line names a file (`-- tests/a_test.lua`, `<!-- a.html -->`, `# a`, `// a.cc`, `/* a.c */`) is written
  to that file;
- a `sh` block is run, in one shell for the whole page; it must end with 0 unless it says `# exit N`;
- a `text` or `json` block right behind a `sh` block is what that printed: `…` stands for anything
  within a line, `…` alone on a line for any lines.
Other blocks are only read by people. Ports 8787 and 8788 become free ones, so that walks do not meet, and a sleep
waits for the server that was started on the first, however long that takes here.
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

MARK = "=== end of block"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
# It says that it serves just after it listens.
SERVER_IS_THERE = "for i in {{1..600}}; do (: < /dev/tcp/127.0.0.1/{}) 2> /dev/null && break; sleep 0.1; done; sleep 0.3"
FILE = re.compile(r"^(?:--|#|<!--|//|/\*) (\S+/\S+\.\w+|workspace\.lua)(?: -->| \*/)?$")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def matches(expected, got):
    """Line by line; blanks count as one, since columns are as wide as they need to be."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        words = ".*".join(re.sub(r"(\\ )+", " +", re.escape(part)) for part in line.split("…"))
        pattern += r"(?:.*\n)*" if line == "…" else words + r" *\n"
    return re.fullmatch(pattern, got.rstrip("\n") + "\n") is not None


class Shell:
    def __init__(self, folder, program):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FOOTLIGHT_")}
        environment.update(PATH=f"{pathlib.Path(program).resolve().parent}:{os.environ['PATH']}", LC_ALL="C.UTF-8", no_proxy="127.0.0.1")
        self.process = subprocess.Popen(["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, commands):
        self.process.stdin.write(f"{commands}\nprintf '\\n{MARK} %s\\n' $?\n")
        self.process.stdin.flush()
        said = ""
        for line in self.process.stdout:
            if line.startswith(MARK):
                return said.removesuffix("\n"), int(line[len(MARK):])
            said += line
        raise SystemExit(f"the shell ended within:\n{commands}")

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)   # itself and the servers that the page started
        self.process.wait()


def walk(program, page):
    port = free_port()
    text = pathlib.Path(page).read_text().replace("8788", str(free_port())).replace("8787", str(port))
    root = pathlib.Path(page).resolve().parent
    root = root if (root / "scripts").exists() else root.parent
    problems, ran, said, behind = [], 0, None, None
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(root / "scripts", pathlib.Path(folder) / "scripts")
        shell = Shell(folder, program)
        try:
            for block in FENCE.finditer(text):
                kind, body = block.groups()
                line = text[:block.start()].count("\n") + 1
                file = FILE.match(body.split("\n", 1)[0])
                if kind == "sh":
                    ran += 1
                    said, status = shell.run(re.sub(r"\bsleep \d+", SERVER_IS_THERE.format(port), body))
                    wanted = re.search(r"# exit (\d)", body)
                    if status != int(wanted[1] if wanted else 0):
                        problems.append(f"{page}:{line}: ended with {status}:\n{body}{said}")
                    behind = block.end()
                elif kind in ("text", "json") and behind is not None and not text[behind:block.start()].strip():
                    if not matches(body, said):
                        problems.append(f"{page}:{line}: expected\n{body}got\n{said}\n")
                elif file:
                    here, _ = shell.run("pwd")
                    path = pathlib.Path(here.strip()) / file[1]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(body.split("\n", 1)[1] if kind in ("json", "csv", "html") else body)
        finally:
            shell.end()
    print("\n".join(problems))
    print(f"{page}: {ran} blocks run, {len(problems)} problems")
    return 1 if problems or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(walk(sys.argv[1], sys.argv[2]))
