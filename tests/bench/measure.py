#!/usr/bin/env python3
"""Footlight and its peers on the same workloads, in one run: measure.py FOOTLIGHT [--out docs/performance.json] [--quick]

Peers are npm packages, looked for from the working directory (see peers.mjs); those that are not there are left
out. `measure.py --draw docs/performance.json docs/images/performance.svg` draws what was measured."""
import json, math, os, subprocess, sys, tempfile

SHAPES = [("page", 100), ("page", 1000), ("flat", 1000), ("page", 100_000), ("flat", 100_000)]
here = os.path.dirname(os.path.abspath(__file__))

def measure(footlight, out, quick):
    results = []
    for shape, n in SHAPES[:3] if quick else SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            requests = 1000 if n <= 1000 else 60
            subprocess.run([sys.executable, os.path.join(here, "workload.py"), folder, str(n), str(requests), "21", shape], check=True)
            def decide(*options):
                command = [footlight, "bench", "decide", "--workload", folder, "--check", "--rounds", "15", "--json", *options]
                return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            row = {"workload": f"{shape}-{n}", "footlight": decide(), "peers": []}
            if n <= 1000:
                row["lua"] = decide("--opaque")
                try:
                    lines = subprocess.run(["node", os.path.join(here, "peers.mjs"), folder, "300"], capture_output=True, text=True).stdout
                    row["peers"] = [json.loads(line) for line in lines.splitlines()]
                except FileNotFoundError:
                    print("node is not installed: no peers", file=sys.stderr)
            results.append(row)
            ours = row["footlight"]
            print(f"\n{row['workload']}: {ours['ns_per_decision']} ns a decision, {ours['ratio_to_parse']} x simdjson's parse ({ours['ns_simdjson_parse']} ns), "
                  f"{ours['checked']} checked, {ours['wrong']} wrong")
            if "lua" in row: print(f"  all audiences as functions that stay Lua: {row['lua']['ns_per_decision']} ns, {row['lua']['wrong']} wrong")
            for peer in row["peers"]:
                print(f"  {peer['peer']:32} {peer['ns_per_decision']:>10} ns   {peer['ns_per_decision'] / ours['ns_per_decision']:8.1f} x   {peer['wrong']} of {peer['checked']} answers differ")
    if out:
        with open(out, "w", encoding="utf-8") as file: file.write(json.dumps(results, indent=1) + "\n")

def draw(source, target):
    results = json.load(open(source, encoding="utf-8"))
    rows = [row for row in results if row["peers"]]
    width, label, bar, y = 860, 250, 18, 44
    top = max(peer["ns_per_decision"] for row in rows for peer in row["peers"])
    x = lambda ns: (width - label - 110) * math.log10(max(ns, 100) / 100) / math.log10(top / 100)
    parts = []
    for row in rows:
        parts.append(f'<text x="10" y="{y}" font-weight="bold">{row["workload"]}</text>')
        y += 10
        bars = [("simdjson, parsing only", row["footlight"]["ns_simdjson_parse"], "#9aa5b1"), ("Footlight", row["footlight"]["ns_per_decision"], "#0a7d5a"),
                ("Footlight, all audiences in Lua", row["lua"]["ns_per_decision"], "#7fc4ac")]
        bars += [(peer["peer"], peer["ns_per_decision"], "#c9ced6") for peer in sorted(row["peers"], key=lambda peer: peer["ns_per_decision"])]
        for name, ns, colour in bars:
            parts.append(f'<text x="{label - 8}" y="{y + 13}" text-anchor="end">{name}</text><rect x="{label}" y="{y}" width="{x(ns):.0f}" height="{bar - 4}" fill="{colour}"/>'
                         f'<text x="{label + x(ns) + 6:.0f}" y="{y + 12}" fill="#555">{ns / 1000:.1f} µs</text>')
            y += bar
        y += 28
    with open(target, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" font-family="sans-serif" font-size="12">'
                   f'<rect width="100%" height="100%" fill="white"/><text x="10" y="20" font-size="14">One decision, request bytes to answer bytes, one thread (logarithmic)</text>{"".join(parts)}</svg>\n')

if sys.argv[1:2] == ["--draw"]: draw(sys.argv[2], sys.argv[3])
else: measure(sys.argv[1], sys.argv[sys.argv.index("--out") + 1] if "--out" in sys.argv else None, "--quick" in sys.argv)
