#!/usr/bin/env python3
"""What an answer over HTTP costs, beside nginx that answers a constant of the same size to the same requests:
serving.py FOOTLIGHT [--experiences 1000] [--rounds 7] [--seconds 2]     (./dev bench http)

Both servers have one worker and the first core, the client (wrk) has the second. What counts is the time of the server's
process on its core for each request, so that other work on the machine hardly matters; rounds take turns, and medians of
pairs are told. Then: what clients wait for at about half of the load, with and without publishes going on; what two workers
cost beside one; how long a start takes to its first answer, and what the process holds."""
import argparse, http.client, json, os, re, statistics, subprocess, sys, tempfile, threading, time

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("footlight")
parser.add_argument("--experiences", type=int, default=1000)
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--seconds", type=int, default=2)
parser.add_argument("--swaps", type=int, default=100)
options = parser.parse_args()

def predicate(tree):
    """As runtime/app/bench.cc reads them."""
    op, attr = tree["op"], tree.get("attr")
    if op == "true": return "everyone"
    if op in ("and", "or"): return {"all" if op == "and" else "any": [predicate(arg) for arg in tree["args"]]}
    if op == "not": return {"no": predicate(tree["arg"])}
    if op == "bucket": return {"bucket": {"salt": tree["salt"], "from": tree["lo"], "to": tree["hi"], "by": attr}}
    if op == "exists": return {"attr": attr, "exists": True}
    if op == "range": return {"attr": attr, "between": [tree["lo"], tree["hi"]]}
    if op == "semver": return {"attr": attr, "semver": {"lt": "<", "le": "<=", "eq": "=", "ge": ">=", "gt": ">"}[tree["cmp"]] + tree["value"]}
    word = {"prefix": "starts", "suffix": "ends"}.get(op, op)
    return {"attr": attr, word: tree["values"] if "values" in tree else tree["value"]}

def write_workspace(folder, workload):
    """Without its schedules: they lie in the past."""
    os.makedirs(os.path.join(folder, "experiences"))
    names = {uri: f"s{i}" for i, uri in enumerate(workload["surfaces"])}
    with open(os.path.join(folder, "workspace.json"), "w") as file:
        json.dump({"name": "bench", "attributes": {a["name"]: {"type": "any"} for a in workload["attributes"]},
                   "surfaces": {name: {"format": "json", "rules": [uri]} for uri, name in names.items()}}, file)
    for row in workload["experiences"]:
        audience = predicate(row["audience"])
        if row["traffic"]:
            traffic = row["traffic"]
            audience = {"all": [{"bucket": {"salt": traffic["salt"], "from": traffic["lo"], "to": traffic["hi"], "by": "id"}}, audience]}
        show = [{"element": e["element"], "content": {"json": {"op": e["op"], "content": e["content"]}}} for e in row["elements"]]
        with open(os.path.join(folder, "experiences", row["id"] + ".json"), "w") as file:
            json.dump({"kind": "campaign", "id": row["id"], "priority": row["priority"], "audience": audience, "show": {names[row["surface"]]: show}}, file)

class Server:
    def __init__(self, command, core):
        self.process = subprocess.Popen(["taskset", "-c", core, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    def pids(self):
        """With its workers, where these are processes."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [self.process.pid, *map(int, file.read().split())]
    def cpu_s(self):
        total = 0
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as file: total += int(file.read().split()[0])
        return total / 1e9
    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024
    def end(self):
        self.process.terminate()
        self.process.wait()

class Footlight(Server):
    def __init__(self, folder, core="0", workers=1, more=()):
        super().__init__([options.footlight, "serve", *more, "--data", os.path.join(folder, "bench.db"), "--listen", "127.0.0.1:0", "--quiet", "--workers", str(workers)], core)
        self.tokens = {}
        for line in self.process.stdout:
            if word := re.match(r" +(admin|delivery) +(fl_\S+)", line): self.tokens[word.group(1)] = word.group(2)
            if where := re.search(r" on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(where.group(1))
                return
        sys.exit("footlight does not serve")

def call(connection, token, method, path, body=None):
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300: sys.exit(f"{method} {path}: {answer.status} {text[:500]}")
    return text

def wrk(port, script, seconds, connections, core="1"):
    """Requests answered, and latencies by percentile in ms."""
    said = subprocess.run(["taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, f"http://127.0.0.1:{port}"],
                          capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said: sys.exit(said)
    unit = {"us": .001, "ms": 1, "s": 1000}
    latency = {int(p): float(n) * unit[u] for p, n, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", said)}
    return int(re.search(r"(\d+) requests in", said).group(1)), latency

def load(server, port, script, connections, seconds=None, core="1"):
    began, before = time.monotonic(), server.cpu_s()
    count, latency = wrk(port, script, seconds or options.seconds, connections, core)
    used, took = server.cpu_s() - before, time.monotonic() - began
    return {"us": used / count * 1e6, "busy": used / took, "per_s": count / took, **{f"p{p}": ms for p, ms in latency.items()}}

with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
    subprocess.run([sys.executable, os.path.join(here, "workload.py"), folder, str(options.experiences), "1000", "21", "page"], check=True)
    workload = json.load(open(os.path.join(folder, "workload.json")))
    write_workspace(os.path.join(folder, "shop"), workload)
    server = Footlight(folder, "0,1", 2, [os.path.join(folder, "shop")])
    admin, app = server.tokens["admin"], server.tokens["delivery"]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for row in workload["experiences"]: call(connection, admin, "POST", f"/v1/experiences/{row['id']}/activate", {})
    bodies, sizes = [], []
    for line in open(os.path.join(folder, "requests.jsonl")):
        request = json.loads(line)
        bodies.append(json.dumps({"attributes": request["attributes"], "surfaces": request["surfaces"]}, ensure_ascii=False, separators=(",", ":")))
        connection.request("POST", "/v1/decide", bodies[-1].encode(), {"Authorization": "Bearer " + app, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200: sys.exit(f"{answer.status} {text}\n{bodies[-1]}")
        sizes.append(len(text))
    server.end()
    answer_bytes = round(statistics.mean(sizes))
    print(f"{options.experiences} experiences, requests of {round(statistics.mean(len(b.encode()) for b in bodies))} bytes, answers of {answer_bytes}")

    script = os.path.join(folder, "ask.lua")
    with open(os.path.join(folder, "bodies.txt"), "w") as file: file.write("\n".join(bodies) + "\n")
    with open(script, "w") as file:
        file.write(f"""local asks = {{}}
function init()
  for body in io.lines("{folder}/bodies.txt") do
    asks[#asks + 1] = wrk.format("POST", "/v1/decide", {{["Authorization"] = "Bearer {app}", ["Content-Type"] = "application/json"}}, body)
  end
end
local n = 0
function request() n = n % #asks + 1; return asks[n] end
""")
    # A word of nginx's configuration has less than 4 KB.
    chunks = [min(3000, answer_bytes - at) for at in range(0, answer_bytes, 3000)]
    pieces, names = "".join(f'set $p{i} "{"x" * size}"; ' for i, size in enumerate(chunks)), "".join(f"$p{i}" for i in range(len(chunks)))
    nginx_port = 20000 + os.getpid() % 20000
    with open(os.path.join(folder, "nginx.conf"), "w") as file:
        file.write(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; default_type application/json; client_body_temp_path {folder}/body; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{nginx_port}; location / {{ {pieces} return 200 "{names}"; }} }} }}
""")

    footlight = Footlight(folder)
    nginx = Server(["nginx", "-c", os.path.join(folder, "nginx.conf"), "-e", "/dev/null"], "0")
    time.sleep(0.5)
    try:
        rounds = []
        for _ in range(options.rounds):
            a, b = load(nginx, nginx_port, script, 32), load(footlight, footlight.port, script, 32)
            rounds.append((a, b))
        of = lambda key, which: statistics.median(pair[which][key] for pair in rounds)
        ratio = statistics.median(b["us"] / a["us"] for a, b in rounds)
        print(f"CPU of the server for each request, 32 connections: nginx {of('us', 0):.2f} us ({of('per_s', 0):.0f}/s), footlight {of('us', 1):.2f} us ({of('per_s', 1):.0f}/s): "
              f"{ratio:.2f} x (target 1.25)   pairs: {' '.join(format(b['us'] / a['us'], '.2f') for a, b in rounds)}")
        quiet = []
        for _ in range(options.rounds):
            quiet.append((load(nginx, nginx_port, script, 1), load(footlight, footlight.port, script, 1)))
        of = lambda key, which: statistics.median(pair[which][key] for pair in quiet)
        print(f"one connection: nginx busy {of('busy', 0):.0%}, p50 {of('p50', 0):.3f} ms, p99 {of('p99', 0):.3f} ms; footlight busy {of('busy', 1):.0%}, "
              f"p50 {of('p50', 1):.3f} ms, p99 {of('p99', 1):.3f} ms (target: nginx + 1 ms)")

        # Publishes beside the load: revisions of one experience go live one after the other.
        admin_connection = http.client.HTTPConnection("127.0.0.1", footlight.port)
        first = workload["experiences"][0]["id"]
        document = json.loads(call(admin_connection, admin, "GET", f"/v1/experiences/{first}"))["definition"]
        swapped, took, is_over = 0, [], threading.Event()
        def publish():
            global swapped
            while swapped < options.swaps and not is_over.is_set():
                document["priority"] = 1 + swapped % 2
                call(admin_connection, admin, "PUT", f"/v1/experiences/{first}", document)
                began = time.monotonic()
                call(admin_connection, admin, "POST", f"/v1/experiences/{first}/activate", {})
                took.append(time.monotonic() - began)
                swapped += 1
                time.sleep(0.02)
        thread = threading.Thread(target=publish)
        thread.start()
        busy = []
        while thread.is_alive(): busy.append(load(footlight, footlight.port, script, 1))
        thread.join()
        print(f"{swapped} publishes meanwhile ({statistics.median(took) * 1000:.1f} ms each): p50 {statistics.median(b['p50'] for b in busy):.3f} ms, "
              f"p99 {statistics.median(b['p99'] for b in busy):.3f} ms: {statistics.median(b['p99'] for b in busy) / of('p99', 1):.1f} x the quiet one (target 2), no failed answer")
        footlight.end()

        # With the client on the same two cores: the processor's time for each answer, which is what workers could take from each other.
        pairs = []
        for _ in range(options.rounds):
            pair = []
            for workers in (1, 2):
                footlight = Footlight(folder, "0,1", workers)
                pair.append(load(footlight, footlight.port, script, 64, core="0,1")["us"])
                footlight.end()
            pairs.append(pair)
        print(f"two workers: CPU for each request {statistics.median(b / a for a, b in pairs):.2f} x that of one, so {2 * statistics.median(a / b for a, b in pairs):.2f} x its answers "
              f"on two cores of their own (target 1.9)   pairs: {' '.join(format(b / a, '.2f') for a, b in pairs)}")

        starts = []
        for _ in range(options.rounds):
            began = time.monotonic()
            footlight = Footlight(folder)
            connection = http.client.HTTPConnection("127.0.0.1", footlight.port)
            call(connection, app, "POST", "/v1/decide", json.loads(bodies[0]))
            starts.append((time.monotonic() - began) * 1000)
            resident = footlight.resident_mb()
            footlight.end()
        print(f"start to first answer: {statistics.median(starts):.0f} ms (target 50); then resident: {resident:.1f} MB (target 25)")
    finally:
        nginx.end()
        if footlight.process.poll() is None: footlight.end()
