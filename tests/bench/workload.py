#!/usr/bin/env python3
"""A small workload of the form decide-workload/1, with the answers: workload.py FOLDER [N] [REQUESTS] [SEED] [flat | SURFACES].

Every operator, schedule, traffic, elements that compete. The answers are worked out here in the plainest way, so
that `footlight bench decide --check` compares two programs that share nothing."""
import json, os, random, sys

if len(sys.argv) < 2 or sys.argv[1].startswith("-"): sys.exit(__doc__)
folder, n, count, seed = sys.argv[1], *(int(a) for a in (sys.argv[2:5] + ["1000", "300", "1"][len(sys.argv[2:5]):]))
flat = "flat" in sys.argv[5:]   # 4 surfaces, and every request asks for all
surface_count = 4 if flat else next((int(a) for a in sys.argv[5:] if a.isdigit()), max(2, n // 50))
rng = random.Random(seed)
NOW = 1_750_000_000

TEXTS = {"country": 25, "city": 120, "tier": 5, "plan": 5, "device": 3, "browser": 6, "source": 10, "campaign": 80, "category": 100, "brand": 200}
NUMBERS = {"age": 95, "visits": 300, "orders": 60, "cart": 600, "score": 1, "hour": 24, "width": 2560}
LISTS = {"segments": 600, "interests": 20}
BOOLS = ["logged_in", "newsletter", "employee"]
VERSIONS = ["%d.%d.%d%s" % (a, b, c, p) for a in range(1, 5) for b in (0, 2, 10) for c in (0, 1) for p in ("", "-beta.2", "-beta.11", "-rc.1+b7")]

def skewed(k): return min(k - 1, int(k * rng.random() ** 3))
def text(name, k): return "%s-%03d%s" % (name, k, " é✓" if k % 7 == 3 else "")
def number(name): return round(rng.random(), 3) if name == "score" else rng.randrange(NUMBERS[name])

def profile():
    p = {name: text(name, skewed(k)) for name, k in TEXTS.items()}
    p.update({name: number(name) for name in NUMBERS})
    p.update({name: sorted({text(name, skewed(k)) for _ in range(rng.randrange(9))}) for name, k in LISTS.items()})
    p.update({name: rng.random() < .4 for name in BOOLS})
    p.update(version=rng.choice(VERSIONS), path="/%s/%s?p=%d" % (rng.choice("abc"), text("category", skewed(100)), rng.randrange(40)), id="%016x" % rng.getrandbits(64))
    p = {name: value for name, value in p.items() if name == "id" or rng.random() < .85}
    if rng.random() < .05:
        p[rng.choice(sorted(p))] = rng.choice([None, "other", -1, 1e300, True, [], "", "\u0000\"\\\n\u2028😀"])
    return p

def leaf():
    kind, attr = rng.random(), rng.choice(sorted(TEXTS))
    if kind < .35: return {"op": "eq", "attr": attr, "value": text(attr, rng.randrange(TEXTS[attr]))}
    if kind < .45: return {"op": "in", "attr": attr, "values": [text(attr, rng.randrange(TEXTS[attr])) for _ in range(rng.choice((2, 3, 12)))]}
    if kind < .7:
        name = rng.choice(sorted(NUMBERS)); a, b = sorted((number(name), number(name)))
        return rng.choice(({"op": "range", "attr": name, "lo": a, "hi": b}, {"op": rng.choice(("lt", "le", "gt", "ge", "eq")), "attr": name, "value": a}))
    if kind < .8:
        name = rng.choice(sorted(LISTS))
        return {"op": rng.choice(("has_any", "has_any", "has_all")), "attr": name, "values": [text(name, skewed(LISTS[name])) for _ in range(rng.randrange(1, 4))]}
    if kind < .86: return {"op": "eq", "attr": rng.choice(BOOLS), "value": rng.random() < .5}
    if kind < .9: return {"op": "semver", "attr": "version", "cmp": rng.choice(("lt", "le", "eq", "ge", "gt")), "value": rng.choice(VERSIONS)}
    if kind < .96: return rng.choice(({"op": "prefix", "attr": "path", "value": "/a/"}, {"op": "contains", "attr": "path", "value": text("category", rng.randrange(9))},
                                      {"op": "suffix", "attr": "city", "value": "✓"}, {"op": "prefix", "attr": attr, "value": attr + "-00"}))
    return rng.choice(({"op": "exists", "attr": attr}, {"op": "bucket", "attr": "id", "salt": "s%d:" % rng.randrange(5), "lo": 0, "hi": 5000}))

def tree(depth):
    kind = rng.random()
    if depth == 0 or kind < .25: return leaf()
    if kind < .32: return {"op": "not", "arg": tree(depth - 1)}
    return {"op": "or" if kind < .5 else "and", "args": [tree(depth - 1) for _ in range(rng.randrange(1, 5))]}

surfaces = ["web://shop.example/%d#hero" % i for i in range(surface_count)]
experiences = []
for i in range(n):
    start = rng.choice((None, NOW - 86400, NOW + rng.randrange(86400)))
    experiences.append({
        "id": "e%06d" % i, "surface": surfaces[i % len(surfaces)], "priority": rng.randrange(0, 101, 10), "published": NOW - rng.randrange(50) * 3600,
        "schedule": {"start": start, "end": rng.choice((None, NOW + 100_000 + rng.randrange(86400), NOW - 10))},
        "traffic": rng.choice((None, None, {"salt": "t%d:" % i, "lo": 0, "hi": rng.choice((1000, 5000, 9000))})),
        "audience": {"op": "and", "args": [leaf(), leaf(), tree(2)]} if rng.random() < .9 else rng.choice((tree(3), {"op": "true"})),
        "elements": [{"element": e, "op": "replace", "content": '<p class="x">%s "%d" é ✓\n</p>' % ("offer " * rng.randrange(5, 50), i)}
                     for e in rng.sample(["hero", "banner", "headline", "cta", "footer", "modal"], rng.choice((1, 1, 2)))]})
requests = [{"id": i, "now": NOW + rng.randrange(200_000), "surfaces": surfaces if flat else rng.sample(surfaces, min(len(surfaces), rng.randrange(1, 5))),
             "attributes": profile()} for i in range(count)]

def fnv(data):
    h = 0x811C9DC5
    for byte in data: h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h
def bucket(salt, value): return fnv(str(fnv((salt + value).encode())).encode()) % 10000
def version(v):
    if not isinstance(v, str) or v.count(".") < 2: return None
    core, _, pre = v.split("+")[0].partition("-")
    try: core = [int(part) for part in core.split(".")]
    except ValueError: return None
    return core, ([1] if not pre else [0, [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".")]])
def is_number(x): return isinstance(x, (int, float)) and not isinstance(x, bool)
def same(a, b): return a == b and (is_number(a) and is_number(b) or type(a) is type(b))
def holds(p, a):
    op = p["op"]
    if op == "true": return True
    if op == "and": return all(holds(q, a) for q in p["args"])
    if op == "or": return any(holds(q, a) for q in p["args"])
    if op == "not": return not holds(p["arg"], a)
    x, value = a.get(p["attr"]), p.get("value")
    if x is None: return False
    if op == "exists": return True
    if op == "eq": return same(x, value)
    if op == "in": return any(same(x, v) for v in p["values"])
    if op in ("lt", "le", "gt", "ge"): return is_number(x) and {"lt": x < value, "le": x <= value, "gt": x > value, "ge": x >= value}[op]
    if op == "range": return is_number(x) and p["lo"] <= x < p["hi"]
    if op == "prefix": return isinstance(x, str) and x.startswith(value)
    if op == "suffix": return isinstance(x, str) and x.endswith(value)
    if op == "contains": return isinstance(x, str) and value in x
    if op == "has_any": return isinstance(x, list) and any(same(v, w) for v in x for w in p["values"])
    if op == "has_all": return isinstance(x, list) and all(any(same(v, w) for v in x) for w in p["values"])
    if op == "bucket": return isinstance(x, str) and p["lo"] <= bucket(p["salt"], x) < p["hi"]
    left, right = version(x), version(value)
    return left is not None and {"lt": left < right, "le": left <= right, "eq": left == right, "ge": left >= right, "gt": left > right}[p["cmp"]]

def eligible(e, request):
    start, end, traffic, who = e["schedule"]["start"], e["schedule"]["end"], e["traffic"], request["attributes"].get("id")
    if start is not None and request["now"] < start or end is not None and request["now"] >= end: return False
    if traffic and not (isinstance(who, str) and traffic["lo"] <= bucket(traffic["salt"], who) < traffic["hi"]): return False
    return holds(e["audience"], request["attributes"])

def answer(request):
    out = []
    for surface in request["surfaces"]:
        taken, applied = set(), []
        for e in sorted((e for e in experiences if e["surface"] == surface and eligible(e, request)), key=lambda e: (-e["priority"], e["published"], e["id"])):
            won = [m["element"] for m in e["elements"] if m["element"] not in taken]
            taken.update(won)
            if won: applied.append({"id": e["id"], "elements": won})
        out.append({"surface": surface, "applied": applied})
    return {"id": request["id"], "surfaces": out}

os.makedirs(folder, exist_ok=True)
def write(name, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file: file.write("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
names = sorted([*TEXTS, *NUMBERS, *LISTS, *BOOLS, "version", "path", "id"])
write("workload.json", [{"format": "decide-workload/1", "attributes": [{"name": name, "type": "any"} for name in names], "surfaces": surfaces, "experiences": experiences}])
write("requests.jsonl", requests)
write("expected.jsonl", [answer(request) for request in requests])
