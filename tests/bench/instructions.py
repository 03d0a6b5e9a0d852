#!/usr/bin/env python3
"""Instructions of a decision, counted by callgrind and held against instructions.json: instructions.py PROGRAM FOLDER [--write]

Unlike times they hardly vary: the same program counts the same within a thousandth, so that what a change costs is seen
on any machine. A decision may take so much more than is written down there as ROOM says; whoever makes it cheaper, or
dearer with a reason, writes the new figures with --write. FOLDER is where the workloads are made.

Counted are `read_request` (the request's bytes) and `answer_read` (from there to the answer's), as the difference
between runs of one and of three rounds: what is done once, such as loading a policy, is not a decision's."""
import json, os, re, shutil, subprocess, sys

ROOM = 1.08
PARTS = {"read": "footlight::read_request(", "answer": "footlight::answer_read("}
here = os.path.dirname(os.path.abspath(__file__))
table = os.path.join(here, "instructions.json")


def counted(program, workload, rounds, opaque):
    """Instructions within each part, and how often it was called."""
    out = os.path.join(workload, "callgrind.out")
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, program, "bench", "decide", "--workload", workload, "--rounds", str(rounds)]
    done = subprocess.run(command + (["--opaque"] if opaque else []), capture_output=True, text=True)
    if done.returncode != 0: sys.exit("callgrind: " + done.stderr[-2000:])
    names, sums = {}, {part: [0, 0] for part in PARTS}
    callee, calls = None, 0
    with open(out) as lines:
        for line in lines:
            if line.startswith(("fn=", "cfn=")):
                number, name = re.match(r"c?fn=\((\d+)\)(?: (.*))?", line).groups()
                if name: names[number] = name
                if line.startswith("cfn="):
                    callee = next((part for part, begin in PARTS.items() if names[number].startswith(begin)), None)
            elif line.startswith("calls="):
                calls = int(line[6:].split()[0])
            elif callee and calls:
                sums[callee][0] += int(line.split()[1])
                sums[callee][1] += calls
                callee, calls = None, 0
            else:
                calls = 0
    return sums


def measured(program, folder, case):
    workload = os.path.join(folder, case["name"])
    made = [sys.executable, os.path.join(here, "workload.py"), workload, str(case["experiences"]), str(case["requests"]), "1"] + (["flat"] if case["shape"] == "flat" else [])
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    once, thrice = (counted(program, workload, rounds, case["opaque"]) for rounds in (1, 3))
    return {part: round((thrice[part][0] - once[part][0]) / (thrice[part][1] - once[part][1])) for part in PARTS}


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"): sys.exit(__doc__)
    program, folder = sys.argv[1:3]
    if not shutil.which("valgrind"):
        print("without valgrind nothing is counted")
        return 77
    with open(table) as file: cases = json.load(file)
    failed = False
    for case in cases:
        now = measured(program, folder, case)
        for part, count in now.items():
            known = case.get(part, 0)
            is_over = count > known * ROOM
            failed |= is_over
            print("%-16s %-6s %8d instructions, %8d written down%s" % (case["name"], part, count, known, ": more than %g times as many" % ROOM if is_over else ""))
        case.update(now)
    if "--write" in sys.argv:
        with open(table, "w") as file: file.write("[\n" + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]\n")
        return 0
    if failed: print("Make it cheaper, or say in the change why it is dearer and write the new figures: tests/bench/instructions.py PROGRAM FOLDER --write")
    return int(failed)


sys.exit(main())
