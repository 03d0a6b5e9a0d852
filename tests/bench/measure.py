#!/usr/bin/env python3
"""Footlight and its peers on the same workloads, in one run:
measure.py FOOTLIGHT [--peers FOLDER] [--workload FOLDER ...] [--quick] [--out FIGURES.json] [--draw PICTURE.svg]     (./dev bench peers)

Peers are npm packages, installed in FOLDER (see peers.mjs). One that is not there, or that fails, says so on its line.
Workloads of your own are measured instead of ours.
Without FOOTLIGHT nothing is measured, and the picture is drawn of the figures that are there."""
import argparse, collections, contextlib, itertools, json, math, os, shutil, statistics, subprocess, sys, tempfile
from xml.sax.saxutils import escape

# Name, experiences, the last argument of workload.py, requests, rounds, whether peers are asked. Everyone is asked the same
# requests: of fewer a CPU learns by heart where each of them jumps. A page of the large one has 120 surfaces to choose from, so
# that some 2,000 experiences are in scope of a request; flat-100000 is beyond what peers bear.
SHAPES = [("page-100", 100, "page", 1000, 5, True), ("page-1000", 1000, "page", 1000, 5, True), ("flat-1000", 1000, "flat", 1000, 5, True),
          ("page-100000", 100_000, "120", 60, 3, True), ("flat-100000", 100_000, "flat", 20, 1, False)]
# Of a workload of your own the first ones: what a peer can be asked within a minute or two.
REQUESTS, REQUESTS_OF_MANY = 2000, 100
here = os.path.dirname(os.path.abspath(__file__))
peers_mjs = os.path.join(here, "peers.mjs")

def said(command):
    try: return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError): return None

def ask_peer(name, packages, folder, seconds):
    """A process of its own: it may crash, and does not run on what another one warmed up."""
    try: done = subprocess.run(["node", peers_mjs, name, folder, str(seconds)], cwd=packages, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired: return {"peer": name, "left_out": "no end after 120 s"}
    if done.returncode == 0: return json.loads(done.stdout.splitlines()[-1])   # a package may have said something before
    why = next((line for line in done.stderr.splitlines() if "Error" in line or "panicked" in line), f"ended with {done.returncode}")
    return {"peer": name, "left_out": why.strip()[:200]}

def median_of(rounds, beside):
    """Of the times of a program, and of how many times Footlight's of the same round they are."""
    one = next((r for r in rounds if "left_out" in r), rounds[0])
    if "left_out" in one: return one
    figures = {}
    for ns, ratio in ("ns_per_decision", "ratio"), ("ns_asked_of_all", "ratio_asked_of_all"):
        if ns not in one: continue
        figures[ns] = round(statistics.median(r[ns] for r in rounds))
        figures[ratio] = round(statistics.median(r[ns] / ours["ns_per_decision"] for r, ours in zip(rounds, beside)), 2)
    return {**one, **figures, "wrong": max(r["wrong"] for r in rounds)}

@contextlib.contextmanager
def made(n, requests, shape):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(here, "workload.py"), folder, str(n), str(requests), "21", shape], check=True)
        yield folder

@contextlib.contextmanager
def first_of(given):
    with tempfile.TemporaryDirectory() as folder:
        workload = os.path.join(given, "workload.json")
        shutil.copy(workload, folder)
        with open(workload, encoding="utf-8") as file: few = len(json.load(file)["experiences"]) <= 1000
        for name in ("requests.jsonl", "expected.jsonl"):
            with open(os.path.join(given, name), encoding="utf-8") as lines, open(os.path.join(folder, name), "w", encoding="utf-8") as first:
                first.writelines(itertools.islice(lines, REQUESTS if few else REQUESTS_OF_MANY))
        yield folder

def measure(footlight, packages, given, out, quick):
    node = said(["node", "--version"])
    if not node: print("node is not installed: no peers", file=sys.stderr)
    names = said(["node", peers_mjs, "--list"]).splitlines() if node else []
    results = []
    workloads = [(name, rounds, has_peers, made(n, requests, shape)) for name, n, shape, requests, rounds, has_peers in (SHAPES[:3] if quick else SHAPES)]
    if given: workloads = [(os.path.basename(os.path.normpath(folder)), 3, True, first_of(folder)) for folder in given]
    for name, rounds, has_peers, place in workloads:
        with place as folder:
            with open(os.path.join(folder, "workload.json"), encoding="utf-8") as file: on = collections.Counter(e["surface"] for e in json.load(file)["experiences"])
            n = on.total()
            with open(os.path.join(folder, "requests.jsonl"), encoding="utf-8") as file: in_scope = [sum(on[s] for s in json.loads(line)["surfaces"]) for line in file]
            def decide(*options):
                command = [footlight, "bench", "decide", "--workload", folder, "--check", "--rounds", "15", "--json", *options]
                return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            # Rounds take turns, since a machine is not as fast now as it was a minute ago.
            ours, lua, theirs = [], [], {peer: [] for peer in names if has_peers}
            for _ in range(1 if quick else rounds):
                ours.append(decide())
                if n <= 1000: lua.append(decide("--opaque"))
                for peer in theirs: theirs[peer].append(ask_peer(peer, packages, folder, 1 if quick else 2))
            middle = sorted(ours, key=lambda row: row["ns_per_decision"])[len(ours) // 2]
            row = {"workload": name, "in_scope": round(statistics.mean(in_scope)), "footlight": middle, "peers": [median_of(rounds, ours) for rounds in theirs.values()]}
            if lua: row["lua"] = median_of(lua, ours)
            results.append(row)
            print(f"\n{name}, {row['in_scope']} experiences in scope of a request: {middle['ns_per_decision']} ns a decision, {middle['ratio_to_parse']} x simdjson's parse "
                  f"({middle['ns_simdjson_parse']} ns), {middle['checked']} checked, {middle['wrong']} wrong")
            if lua: print(f"  {'all audiences as functions in Lua':34} {row['lua']['ns_per_decision']:>10} ns   {row['lua']['ratio']:8.1f} x   {row['lua']['wrong']} of {row['lua']['checked']} answers differ")
            if row["peers"]: print(f"  {'peers, asked of':34} {'what can still win':>26} {'all in scope':>30}")
            for peer in row["peers"]:
                if "left_out" in peer: print(f"  {peer['peer']:34} left out: {peer['left_out']}")
                else: print(f"  {peer['peer']:34} {peer['ns_per_decision']:>10} ns   {peer['ratio']:8.1f} x {peer['ns_asked_of_all']:>14} ns   {peer['ratio_asked_of_all']:8.1f} x   "
                           f"{peer['wrong']} of {peer['checked']} answers differ, {peer['answered']} tests answered beforehand")
            sys.stdout.flush()
    if out:
        with open(out, "w", encoding="utf-8") as file: file.write(json.dumps({"node": node, "workloads": results}, indent=1) + "\n")

def draw(source, target):
    with open(source, encoding="utf-8") as file: rows = [row for row in json.load(file)["workloads"] if any("ratio" in peer for peer in row["peers"])]
    def bars_of(row):
        ours = row["footlight"]
        bars = [("simdjson, reading only", ours["ns_simdjson_parse"], 0, None, "#9aa5b1"), ("Footlight", ours["ns_per_decision"], 0, None, "#0a7d5a")]
        if "lua" in row: bars.append(("Footlight, all audiences in Lua", row["lua"]["ns_per_decision"], 0, row["lua"]["ratio"], "#74c2a6"))
        there = [peer for peer in row["peers"] if "ratio" in peer]
        return bars + [(" ".join([peer["peer"], peer.get("version", "")]), peer["ns_per_decision"], peer["ns_asked_of_all"], peer["ratio"], "#c3c9d3") for peer in sorted(there, key=lambda peer: peer["ns_per_decision"])]
    def time(ns): return f"{ns / 1e6:.2g} ms" if ns >= 1e6 else f"{ns / 1e3:.0f} µs" if ns >= 1e5 else f"{ns / 1e3:.3g} µs"
    width, left, right, step, bar = 900, 268, 130, 22, 15
    panels = [(row, bars_of(row)) for row in rows]
    lowest, highest = 100, max(max(ns, of_all) for _, bars in panels for _, ns, of_all, _, _ in bars)
    def x(ns): return left + (width - left - right) * math.log10(ns / lowest) / math.log10(highest / lowest)
    parts, y = [], 92
    for row, bars in panels:
        n = row["footlight"]["experiences"]
        parts.append(f'<text x="12" y="{y}" class="name">{row["workload"]}<tspan class="note" dx="10">{n:,} experiences, {row["in_scope"]:,} in scope of a request</tspan></text>')
        y += 10
        tick = lowest
        while tick <= highest:
            parts.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{y}" y2="{y + step * len(bars)}" class="tick"/>'
                         f'<text x="{x(tick):.1f}" y="{y + step * len(bars) + 13}" class="scale">{time(tick)}</text>')
            tick *= 10
        for name, ns, of_all, ratio, colour in bars:
            emphasis = ' font-weight="600"' if name == "Footlight" else ""
            parts.append(f'<text x="{left - 10}" y="{y + 15}" text-anchor="end"{emphasis}>{escape(name)}</text>'
                         + (f'<rect x="{left}" y="{y + 4}" width="{x(of_all) - left:.1f}" height="{bar}" rx="2" fill="{colour}" opacity="0.4"/>' if of_all > ns else "")
                         + f'<rect x="{left}" y="{y + 4}" width="{max(1, x(ns) - left):.1f}" height="{bar}" rx="2" fill="{colour}"/>'
                         f'<text x="{x(max(ns, of_all)) + 7:.1f}" y="{y + 15}" class="time"{emphasis}>{time(ns)}' + (f'<tspan class="ratio" dx="8">{ratio:.0f} ×</tspan>' if ratio and ratio >= 9.95 else f'<tspan class="ratio" dx="8">{ratio:.1f} ×</tspan>' if ratio else "") + "</text>")
            y += step
        y += 52
    height = y - 22
    style = ("text{fill:#24292f}.name{font-size:14px;font-weight:600}.note{font-size:12px;font-weight:400;fill:#57606a}.ratio{fill:#57606a}"
             ".time{paint-order:stroke;stroke:white;stroke-width:4px}.tick{stroke:#e4e7eb}.scale{font-size:10.5px;fill:#8b949e;text-anchor:middle}")
    with open(target, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12.5">'
                   f'<title>Time of a decision: Footlight and its peers</title><style>{style}</style><rect width="100%" height="100%" fill="white"/>'
                   f'<text x="12" y="26" font-size="17" font-weight="600">Time of one decision</text>'
                   f'<text x="12" y="46" class="note">Request bytes to answer bytes, one at a time, on a logarithmic scale. Shorter is better; × is the multiple of Footlight\'s time in the same run.</text>'
                   f'<text x="12" y="62" class="note">Pale: a peer that is asked of all experiences in scope, not only of those that can still win.</text>'
                   f'{"".join(parts)}</svg>\n')

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("footlight", nargs="?")
parser.add_argument("--peers", default=".")
parser.add_argument("--workload", action="append")
parser.add_argument("--out")
parser.add_argument("--draw")
parser.add_argument("--quick", action="store_true")
options = parser.parse_args()
if options.draw and not options.out: parser.error("--draw draws the figures of --out")
if not (options.footlight or options.draw): parser.error("FOOTLIGHT, or figures to draw")
for folder in options.workload or []:
    for name in ("workload.json", "requests.jsonl", "expected.jsonl"):
        if not os.path.isfile(os.path.join(folder, name)): parser.error(f"--workload: there is no {name} in {folder}")
if options.footlight: measure(os.path.abspath(options.footlight), options.peers, options.workload, options.out, options.quick)
if options.draw: draw(options.out, options.draw)
