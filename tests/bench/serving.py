#!/usr/bin/env python3
"""What an answer over HTTP costs, beside nginx that answers a constant of the same size to the same requests:
serving.py FOOTLIGHT [--experiences 1000] [--rounds 7] [--seconds 2] [--nginx-lua FOLDER]     (./dev bench http)

Both servers have one worker and the first core, the client (wrk) has the second. What counts is the time of the server's
process on its core for each request, so that other work on the machine hardly matters; rounds take turns, and medians of
pairs are told. Then: what clients wait for at about half of the load, quiet and with publishes going on; what two workers
cost beside one; how long a start takes to its first answer, and what the process holds.

Beside them, where they are there, two servers that decide too, by the same few lines of Lua (decide.lua): Redis as a function
(redis-server), and nginx with its module for Lua. The module is looked for in FOLDER, or where NGINX_LUA says: Debian's
libnginx-mod-http-lua, libnginx-mod-http-ndk, libluajit2-5.1-2, lua-resty-core, lua-resty-lrucache and lua-cjson, unpacked
there (apt-get download, dpkg -x): installed, it would be part of every nginx of the machine."""
import argparse, glob, http.client, json, os, re, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("footlight")
parser.add_argument("--experiences", type=int, default=1000)
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--seconds", type=int, default=2)
parser.add_argument("--swaps", type=int, default=100)
parser.add_argument("--nginx-lua", default=os.environ.get("NGINX_LUA"))
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
    def __init__(self, command, core, environment=None):
        self.process = subprocess.Popen(["taskset", "-c", core, *command], env=environment and {**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
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

class Redis(Server):
    """The workload is part of the library: a function reads no files. 32 calls are on their way at once, on one connection
    through a socket file: less work for it than what the others are asked through."""
    name = "Redis function"
    def __init__(self, folder):
        if not shutil.which("redis-server"): raise FileNotFoundError("redis-server is not installed")
        at = os.path.join(folder, "redis.sock")
        super().__init__(["redis-server", "--port", "0", "--unixsocket", at, "--save", "", "--appendonly", "no", "--dir", folder], "0")
        self.socket = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + 5
        while self.socket.connect_ex(at) and time.monotonic() < until: time.sleep(0.05)
        self.replies = self.socket.makefile("rb")
    def learn(self, folder):
        with open(os.path.join(here, "decide.lua")) as file: library = file.read()
        with open(os.path.join(folder, "workload.json")) as file: workload = file.read()
        self.ask("FUNCTION", "LOAD", "#!lua name=bench\nlocal make = (function()\n" + library + "end)()\nlocal decide\nredis.register_function('decide', function(keys, args)\n"
                 # When first asked, since a library has half a second to load.
                 "  decide = decide or make(cjson, bit, [==[" + workload + "]==])\n  return decide(args[1])\nend)\n")
    @staticmethod
    def words(*words): return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (word.encode() for word in words))
    def reply(self):
        head = self.replies.readline()
        if not head.startswith(b"$"): raise RuntimeError(head.decode())
        return self.replies.read(int(head[1:]) + 2)[:-2]
    def ask(self, *words):
        self.socket.sendall(self.words(*words))
        return self.reply()
    def decide(self, body): return self.ask("FCALL", "decide", "0", body)
    def load(self, bodies, script):
        calls = [self.words("FCALL", "decide", "0", body) for body in bodies]
        before, until, count = self.cpu_s(), time.monotonic() + options.seconds, 0
        while time.monotonic() < until:
            self.socket.sendall(b"".join(calls[(count + i) % len(calls)] for i in range(32)))
            for _ in range(32): self.reply()
            count += 32
        return (self.cpu_s() - before) / count * 1e6

class NginxLua(Server):
    name = "nginx + Lua"
    def __init__(self, folder):
        if not options.nginx_lua: raise FileNotFoundError("no --nginx-lua FOLDER")
        def find(name):
            found = glob.glob(os.path.join(glob.escape(os.path.abspath(options.nginx_lua)), "**", name), recursive=True)
            if not found: raise FileNotFoundError(f"{name} is not in {options.nginx_lua}")
            return found[0]
        up = os.path.dirname
        self.port = 20001 + os.getpid() % 20000
        at = os.path.join(folder, "lua.conf")
        with open(at, "w") as file:
            file.write(f"""load_module {find("ndk_http_module.so")}; load_module {find("ngx_http_lua_module.so")};
daemon off; worker_processes 1; pid {folder}/lua.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000; default_type application/json; client_body_buffer_size 64k; client_body_temp_path {folder}/lbody; proxy_temp_path {folder}/lp;
  fastcgi_temp_path {folder}/lf; uwsgi_temp_path {folder}/lu; scgi_temp_path {folder}/ls;
  lua_package_path "{up(up(find("resty/core.lua")))}/?.lua;;"; lua_package_cpath "{up(find("lua/5.1/cjson.so"))}/?.so;;";
  init_by_lua_block {{ local file = io.open("{folder}/workload.json"); decide = dofile("{here}/decide.lua")(require("cjson"), require("bit"), file:read("*a")); file:close() }}
  server {{ listen 127.0.0.1:{self.port}; location / {{ content_by_lua_block {{ ngx.req.read_body(); ngx.print(decide(ngx.req.get_body_data())) }} }} }} }}
""")
        super().__init__(["nginx", "-c", at, "-e", "/dev/null"], "0", {"LD_LIBRARY_PATH": up(find("libluajit-5.1.so.2"))})
    def learn(self, folder):
        time.sleep(0.5)
        if self.process.poll() is not None: raise RuntimeError("nginx does not start with these modules")
    def decide(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/v1/decide", body.encode())
        answer = connection.getresponse()
        if answer.status != 200: raise RuntimeError(f"answers {answer.status}")
        return answer.read()
    def load(self, bodies, script): return load(self, self.port, script, 32)["us"]

def wrong_answers(server, folder):
    """Of the first hundred requests, with their schedules."""
    def who(answer): return [[s["surface"], [[a["id"], a["elements"]] for a in s["applied"]]] for s in answer["surfaces"]]
    with open(os.path.join(folder, "requests.jsonl")) as asked, open(os.path.join(folder, "expected.jsonl")) as expected:
        pairs = [(line, json.loads(want)) for line, want, _ in zip(asked, expected, range(100))]
    return sum(who(json.loads(server.decide(line))) != who(want) for line, want in pairs), len(pairs)

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
    started = [nginx]
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
        deciders = []
        for kind in (NginxLua, Redis):
            try:
                server = kind(folder)
                started.append(server)
                server.learn(folder)
                deciders.append((server, wrong_answers(server, folder), []))
            except (OSError, RuntimeError) as why: print(f"{kind.name}: left out, {why}")
        ours = []
        for _ in range(options.rounds if deciders else 0):
            ours.append(load(footlight, footlight.port, script, 32)["us"])
            for server, _, costs in deciders: costs.append(server.load(bodies, script))
        for server, (wrong, checked), costs in deciders:
            server.end()
            print(f"{server.name}: {statistics.median(costs):.1f} us of CPU for each request, {statistics.median(b / a for a, b in zip(ours, costs)):.1f} x footlight; {wrong} of {checked} answers differ")

        quiet = []
        for _ in range(options.rounds):
            quiet.append((load(nginx, nginx_port, script, 1), load(footlight, footlight.port, script, 1)))
        of = lambda key, which: statistics.median(pair[which][key] for pair in quiet)
        print(f"one connection: nginx busy {of('busy', 0):.0%}, p50 {of('p50', 0):.3f} ms, p99 {of('p99', 0):.3f} ms; footlight busy {of('busy', 1):.0%}, "
              f"p50 {of('p50', 1):.3f} ms, p99 {of('p99', 1):.3f} ms (target: nginx + 1 ms)")

        # Publishes beside the load: revisions of one experience go live one after the other. Whoever publishes takes time of the
        # same two cores, so in turn as many calls come that change nothing.
        admin_connection = http.client.HTTPConnection("127.0.0.1", footlight.port)
        first = workload["experiences"][0]["id"]
        document = json.loads(call(admin_connection, admin, "GET", f"/v1/experiences/{first}"))["definition"]
        swapped, took = 0, []
        def publish():
            global swapped
            document["priority"] = 1 + swapped % 2
            call(admin_connection, admin, "PUT", f"/v1/experiences/{first}", document)
            began = time.monotonic()
            call(admin_connection, admin, "POST", f"/v1/experiences/{first}/activate", {})
            took.append(time.monotonic() - began)
            swapped += 1
        def only_ask():
            json.dumps(document)
            for _ in range(2): call(admin_connection, admin, "GET", "/healthz")
        def beside(act):
            def go_on():
                for _ in range(-(-options.swaps // options.rounds)):
                    act()
                    time.sleep(0.02)
            thread, loads = threading.Thread(target=go_on), []
            thread.start()
            while thread.is_alive(): loads.append(load(footlight, footlight.port, script, 1, 1))
            thread.join()
            return {key: statistics.median(one[key] for one in loads) for key in ("p50", "p99")}
        pairs = [(beside(only_ask), beside(publish)) for _ in range(options.rounds)]
        of = lambda key, which: statistics.median(pair[which][key] for pair in pairs)
        print(f"{swapped} publishes meanwhile ({statistics.median(took) * 1000:.1f} ms each): p50 {of('p50', 1):.3f} ms, p99 {of('p99', 1):.3f} ms; beside as many calls that change nothing "
              f"p99 {of('p99', 0):.3f} ms: {statistics.median(b['p99'] / a['p99'] for a, b in pairs):.1f} x (target 2), no failed answer   pairs: {' '.join(format(b['p99'] / a['p99'], '.1f') for a, b in pairs)}")
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
        for server in started: server.end()
        if footlight.process.poll() is None: footlight.end()
