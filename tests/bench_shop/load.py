"""Load by wrk: so many connections for so many seconds, and the requests per second that came back."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

# What wrk says at the end, as one line of JSON. Source: wrk's own SCRIPTING file.
REPORT = """
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format('\\n{"requests": %d, "microseconds": %d, "p99": %d, "refused": %d, "broken": %d}\\n',
    summary.requests, summary.duration, latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""
# One prepared request per line: it is sent once and never again.
PREPARED = """
local next_line = io.lines("{file}")
function request()
  local line = next_line()
  if line == nil then return wrk.format("GET", "/health") end
  local cookie, body = line:match("^(%S+) (.+)$")
  return wrk.format("POST", "/checkout", {{
    ["Cookie"] = cookie, ["Sec-Fetch-Site"] = "same-origin", ["Content-Type"] = "application/x-www-form-urlencoded"
  }}, body)
end
"""
# One path per line, one after the other and then from the first again.
IN_TURN = """
local paths, number = {{}}, 0
for path in io.lines("{file}") do paths[#paths + 1] = path end
function request()
  number = number % #paths + 1
  return wrk.format("GET", paths[number])
end
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a load gave: answers per second, the 99th percentile in milliseconds, and how many were sent."""

    per_second: float
    p99_ms: float
    requests: int


def load(folder: Path, url: str, *, connections: int, seconds: int, script: str = "") -> Answered:
    """Ask for the address over so many connections. Raises: RuntimeError if an answer was an error."""
    lua = folder / "load.lua"
    lua.write_text(script + REPORT, encoding="utf-8")
    command = ("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(lua), url)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    if said["refused"] or said["broken"]:
        raise RuntimeError(f"{url}: {said['refused']} errors, {said['broken']} broken connections")
    return Answered(said["requests"] / said["microseconds"] * 1e6, said["p99"] / 1000, said["requests"])


def prepared(file: Path) -> str:
    """Return the script that sends the requests of a file, a line each: ``cookie body``. Pure."""
    return PREPARED.format(file=file)


def in_turn(file: Path) -> str:
    """Return the script that asks for the paths in a file, a line each, in turn. Pure."""
    return IN_TURN.format(file=file)
