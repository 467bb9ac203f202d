"""Holds one local agent: starts it, reaps all that grows below it, keeps its output and its end, outlives its starter.

Run as `python -I -S runner.py [--end-with-fd N]` with a JSON order on stdin; the answer is one JSON object on stdout.
Standard library only and little of it (no typing, dataclasses, pathlib), because one runner per agent must cost 5 MB.
"""
# ruff: noqa: PTH101, PTH102, PTH116, PTH123, PTH208

import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
import termios
import time

COMM = "fleet-runner"
CONTROL = "control.sock"
LOG = "output.log"
STARTS = "starts"
COMMANDS = ("status", "restart", "end", "hold-restarts", "set-size", "attach")
_PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_CHILD_SUBREAPER = 4, 15, 36
_CHUNK_BYTES = 65_536
_BACKLOG_BYTES = 262_144
_PEERS = 64
_CELLS = 1000
_SWEEP_S = 0.2
_NUDGE_S = 0.15
_REWRITE_S = 5.0
_SIGTERM_GRACE_S = 10.0

Facts = dict[str, object]


def number(facts: Facts, key: str) -> float:
    value = facts.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def stat_of(pid: int) -> tuple[int, str, int, str] | None:
    """Parent, state, start ticks (field 22) and name of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            raw = file.read()
    except OSError:
        return None
    end = raw.rindex(b")")
    comm, fields = raw[raw.index(b"(") + 1 : end], raw[end + 2 :].split()
    return int(fields[1]), fields[0].decode(), int(fields[19]), comm.decode("utf-8", "replace")


def below_me(*, runners_too: bool = False) -> dict[int, int]:
    """Pid and start ticks of everything alive below; another runner and its agent are not ours unless `runners_too`."""
    # What forks while /proc is read and is gone before its turn hides its child: only two empty looks mean empty.
    return _look_below(runners_too=runners_too) or _look_below(runners_too=runners_too)


def _look_below(*, runners_too: bool) -> dict[int, int]:
    children: dict[int, list[tuple[int, int]]] = {}
    for name in os.listdir("/proc"):
        fact = stat_of(int(name)) if name.isdigit() else None
        if fact is not None and fact[1] not in "ZX" and (runners_too or fact[3] != COMM):
            children.setdefault(fact[0], []).append((int(name), fact[2]))
    found: dict[int, int] = {}
    queue = [os.getpid()]
    while queue:
        for pid, ticks in children.get(queue.pop(), ()):
            found[pid] = ticks
            queue.append(pid)
    return found


def signal_all(found: dict[int, int], *signals: signal.Signals) -> None:
    """The pidfd is opened before the start ticks are compared, so that a pid used again is never hit."""
    for pid, ticks in found.items():
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            fact = stat_of(pid)
            for what in signals if fact is not None and fact[2] == ticks else ():
                signal.pidfd_send_signal(fd, what)
        except OSError:
            continue
        finally:
            os.close(fd)


class RunDirectory:
    """The files of one run: facts are replaced whole, output is appended; a full disk loses output, never the agent."""

    def __init__(self, path: str, log_limit_bytes: float) -> None:
        os.mkdir(path, 0o700)
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600, dir_fd=self.fd)
        self.log_limit_bytes = log_limit_bytes
        self.lost_bytes = self.untold_bytes = self.noted = 0
        self.unwritten: dict[str, Facts] = {}

    def write(self, name: str, facts: Facts) -> None:
        """Replace a file atomically. Raises OSError; `unwritten` then holds the facts."""
        self.unwritten[name] = facts
        fd = os.open(f".{name}.tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self.fd)
        try:
            os.write(fd, json.dumps(facts).encode() + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(f".{name}.tmp", name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        os.fsync(self.fd)
        del self.unwritten[name]

    def keep(self, **facts: Facts) -> None:
        """Write what is given and what could not be written before."""
        for name, value in {**self.unwritten, **facts}.items():
            try:
                self.write(name, value)
            except OSError:
                continue

    def note_start(self, generation: int) -> None:
        """Say where in the log a generation begins. A disk that is full loses it, never the agent."""
        self.noted = generation
        try:
            fd = os.open(STARTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600, dir_fd=self.fd)
            try:
                os.write(fd, f"{generation} {os.fstat(self.log).st_size}\n".encode())
            finally:
                os.close(fd)
        except OSError:
            return

    def append(self, output: bytes) -> None:
        note = f"\n[fleet-tui: {self.untold_bytes} bytes of output are missing here: the disk was full]\n"
        output = note.encode() + output if self.untold_bytes else output
        try:
            done = os.write(self.log, output)
            self.untold_bytes = 0
            # The collector trims the log to a few megabytes; this is for the days on which there is none.
            if os.fstat(self.log).st_blocks * 512 > self.log_limit_bytes:
                os.ftruncate(self.log, 0)
                self.note_start(self.noted)
        except OSError:
            done = 0
        self.lost_bytes += len(output) - done
        self.untold_bytes += len(output) - done


class Connection:
    """One peer of the control socket: JSON lines, until `attach` turns it into the raw bytes of the terminal."""

    def __init__(self, peer: socket.socket) -> None:
        peer.settimeout(0)
        self.peer = peer
        self.incoming = self.outgoing = b""
        self.attached = False

    def flush(self) -> bool:
        """Send what fits. False when the peer is gone, or reads too slowly to be kept."""
        try:
            while self.outgoing:
                self.outgoing = self.outgoing[self.peer.send(self.outgoing) :]
        except BlockingIOError:
            return len(self.outgoing) <= _BACKLOG_BYTES
        except OSError:
            return False
        return True


class Runner:
    """The agent, its restarts and its end. One thread; everything happens between two calls of `poll`."""

    def __init__(
        self, order: Facts, argv: list[str], environment: dict[str, str], end_fd: int | None, umask: int
    ) -> None:
        self.order, self.argv, self.environment, self.end_fd, self.umask = order, argv, environment, end_fd, umask
        self.policy: Facts = order["policy"] if isinstance(order["policy"], dict) else {}
        own = stat_of(os.getpid())
        self.ticks = own[2] if own is not None else 0
        with open("/proc/sys/kernel/random/boot_id") as file:
            self.boot_id = file.read().strip()
        self.pid_ns = os.stat("/proc/self/ns/pid").st_ino
        self.run = f"{os.getpid()}-{self.ticks}-{self.pid_ns}-{self.boot_id.replace('-', '')[:12]}"
        self.directory = RunDirectory(f"{order['runs']}/{self.run}", number(order, "log_limit_bytes"))
        self.child: tuple[int, int] | None = None
        self.generation = self.failures = 0
        self.life = 1
        self.failed_at: list[float] = []
        self.phase, self.wanted, self.hold = "starting", "", False
        self.ordered_by = self.restarted_by = ""
        self.since = self.started_at = time.time()
        self.born = time.monotonic()
        self.last: Facts = {"exit_status": None, "signal": None, "ended_at": None}
        self.kill_at = self.restart_at = self.nudge_at = float("inf")
        self.size = int(number(order, "rows")), int(number(order, "cols"))
        self.master, self.typed = -1, b""
        self.connections: dict[int, Connection] = {}
        self.wake, wake_write = os.pipe()
        self.output, self.output_write = os.pipe()
        for fd in (self.wake, wake_write, self.output):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        # Bound from inside the directory, because the path of a socket holds about 100 characters only.
        os.fchdir(self.directory.fd)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(CONTROL)
        os.chmod(CONTROL, 0o600)
        self.listener.listen(16)
        self.listener.settimeout(0)
        os.chdir("/")
        self.poller = select.poll()
        for fd in (self.wake, self.output, self.listener.fileno(), *([] if end_fd is None else [end_fd])):
            self.poller.register(fd, select.POLLIN)

    def begin(self) -> Facts:
        """The first start: what the launcher is told. Raises OSError when the start cannot be put on record."""
        if (failure := self.spawn()) is not None:
            return {"run": self.run, "errno": failure[0], "about": failure[1]}
        kept = ("name", "team", "task", "owner", "parent", "restart", "tty", "cwd", "command", "token_sha256")
        facts: Facts = {key: self.order[key] for key in kept}
        facts |= {"run": self.run, "runner": {"pid": os.getpid(), "ticks": self.ticks}, "boot_id": self.boot_id}
        facts |= {"pid_ns": self.pid_ns, "child": self.state()["child"], "started_at": self.started_at}
        try:
            self.directory.write("started", facts)
        except OSError:
            signal_all(below_me(), signal.SIGKILL)
            raise
        return {"run": self.run, "child": facts["child"], "generation": self.generation}

    def spawn(self) -> tuple[int, str] | None:
        """Start the next generation. None when it runs, else the error number and what it is about."""
        slave = -1
        if self.order["tty"]:
            self.close_terminal()
            self.master, slave = os.openpty()
            os.set_blocking(self.master, False)
            termios.tcsetwinsize(slave, self.size)
            self.poller.register(self.master, select.POLLIN)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            self.become(slave, write)
        os.close(write)
        with open(read, "rb") as report:
            failure = report.read().decode()
        if slave >= 0:
            os.close(slave)
        if failure:
            os.waitpid(pid, 0)
            return int(failure.partition(":")[0]), failure.partition(":")[2]
        fact = stat_of(pid)
        self.child = (pid, fact[2] if fact is not None else 0)
        self.generation += 1
        self.directory.note_start(self.generation)
        self.started_at, self.born = time.time(), time.monotonic()
        self.wanted, self.kill_at, self.restart_at = "", float("inf"), float("inf")
        self.enter("running")
        return None

    def become(self, slave: int, report: int) -> None:
        """In the child: turn into the agent, or report why not. Never returns."""
        about = "command"
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGPIPE", "SIGCHLD", "SIGXFSZ"):
                signal.signal(signal.Signals[name], signal.SIG_DFL)
            os.umask(self.umask)
            if slave >= 0:
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd, source in enumerate((os.open(os.devnull, os.O_RDONLY), self.output_write, self.output_write)):
                os.dup2(slave if slave >= 0 else source, fd)
            about = "cwd"
            os.chdir(str(self.order["cwd"]))
            about = "command"
            os.execvpe(self.argv[0], self.argv, self.environment | {"FLEET_RUN": self.run})  # noqa: S606 - no shell
        except OSError as error:
            os.write(report, f"{error.errno}:{about}".encode())
        finally:
            os._exit(127)

    def child_ended(self, code: int) -> None:
        # Its last words are in the buffer, which is smaller than this; what is left behind may go on writing for ever.
        for _ in range(32):
            if not self.read_output(self.master if self.order["tty"] else self.output):
                break
        self.child = None
        status = {"exit_status": code if code >= 0 else None, "signal": -code if code < 0 else None}
        self.last = {**status, "ended_at": time.time()}
        policy = self.order["restart"]
        if self.wanted:
            return
        if policy == "never" or (policy == "on-failure" and code == 0):
            self.finish("itself")
            return
        signal_all(below_me(), signal.SIGTERM, signal.SIGCONT)
        now = time.monotonic()
        self.failures = 1 if now - self.born >= number(self.policy, "reset_s") else self.failures + 1
        window_s = number(self.policy, "loop_window_s")
        self.failed_at = [*(at for at in self.failed_at if now - at < window_s), now]
        if self.hold or len(self.failed_at) >= number(self.policy, "loop_count"):
            self.enter("held" if self.hold else "crash-loop")
            return
        delay_s = min(number(self.policy, "cap_s"), number(self.policy, "first_s") * 2.0 ** min(self.failures - 1, 30))
        self.restart_at = now + delay_s * (1 + (os.urandom(1)[0] / 127.5 - 1) * number(self.policy, "jitter"))
        self.enter("backoff")

    def finish(self, by: str) -> None:
        """Put the end on record. The runner stays while anything is left below it, to reap it or end it on demand."""
        self.wanted, self.restart_at = "", float("inf")
        self.enter("ended")
        facts = {**self.last, "by": by, "started_at": self.started_at, "generation": self.generation}
        self.directory.keep(ended={**facts, "restarts": self.generation - 1, "left_behind": len(below_me())})
        for fd in [fd for fd, connection in self.connections.items() if connection.attached]:
            self.forget(fd)

    def stop(self, wanted: str, grace_s: float) -> None:
        """Ask everything below to end and kill it after the grace; then start again (`restart`) or be done (`end`)."""
        if self.phase != "ended":
            self.wanted, self.restart_at = wanted, float("inf")
            self.enter("stopping")
        signal_all(below_me(), *((signal.SIGTERM, signal.SIGCONT) if grace_s else (signal.SIGKILL,)))
        self.kill_at = min(self.kill_at, time.monotonic() + grace_s)

    def settle(self) -> None:
        """Reap, and do what waits for nothing to be left below."""
        code, alone = None, False
        try:
            while (reaped := os.waitpid(-1, os.WNOHANG))[0]:
                if self.child is not None and reaped[0] == self.child[0]:
                    code = os.waitstatus_to_exitcode(reaped[1])
        except ChildProcessError:
            alone = True
        if code is not None:
            self.child_ended(code)
        if self.wanted and self.child is None and not below_me():
            if self.wanted == "end":
                self.finish("order")
            else:
                self.failures, self.failed_at = 0, []
                # What an operator ordered is a new life; a restart by policy is another generation of the same one.
                self.life, self.restarted_by = self.life + 1, self.ordered_by
                self.start_again()
        if self.phase == "ended" and alone and not self.directory.unwritten:
            raise SystemExit(0)

    def start_again(self) -> None:
        if (failure := self.spawn()) is not None:
            self.directory.append(f"[fleet-tui: could not start again: {os.strerror(failure[0])}]\n".encode())
            self.wanted = ""
            self.child_ended(127)

    def enter(self, phase: str) -> None:
        self.phase, self.since = phase, time.time()
        self.directory.keep(state=self.state())

    def state(self) -> Facts:
        wait_s = self.restart_at - time.monotonic()
        return {
            "phase": self.phase,
            "since": self.since,
            "generation": self.generation,
            "life": self.life,
            "restarted_by": self.restarted_by,
            "child": None if self.child is None else {"pid": self.child[0], "ticks": self.child[1]},
            "started_at": self.started_at,
            "restarts": max(0, self.generation - 1),
            "restart_at": None if wait_s == float("inf") else time.time() + wait_s,
            "hold": self.hold,
            "last": self.last,
            "lost_output_bytes": self.directory.lost_bytes,
        }

    def accept(self) -> None:
        try:
            peer = self.listener.accept()[0]
        except OSError:
            return
        if len(self.connections) >= _PEERS:
            peer.close()
            return
        self.connections[peer.fileno()] = Connection(peer)
        self.poller.register(peer, select.POLLIN)

    def forget(self, fd: int) -> None:
        self.poller.unregister(fd)
        self.connections.pop(fd).peer.close()

    def serve(self, fd: int, event: int) -> None:
        """Read what one peer sent and answer it. Whatever it sends can cost only itself the connection."""
        connection, received = self.connections[fd], None
        try:
            received = connection.peer.recv(_CHUNK_BYTES) if event & ~select.POLLOUT else None
        except OSError as error:
            received = None if error.errno == errno.EAGAIN else b""
        connection.incoming += received or b""
        while b"\n" in connection.incoming and not connection.attached:
            line, _, connection.incoming = connection.incoming.partition(b"\n")
            connection.outgoing += json.dumps(self.answer(connection, line)).encode() + b"\n"
        if connection.attached:
            self.typed, connection.incoming = (self.typed + connection.incoming)[:_CHUNK_BYTES], b""
            self.type_in()
        if received == b"" or len(connection.incoming) > _CHUNK_BYTES or not connection.flush():
            self.forget(fd)
        else:
            self.poller.modify(fd, select.POLLIN | (select.POLLOUT if connection.outgoing else 0))

    def answer(self, connection: Connection, line: bytes) -> Facts:
        try:
            request = json.loads(line)
            command, generation = str(request["cmd"]), int(request.get("generation", self.generation))
            life, by = int(request.get("life", self.life)), str(request.get("by", ""))
            size = int(request.get("rows", 0)), int(request.get("cols", 0))
            grace_s = max(0.0, min(float(request.get("grace_s", 30)), 3600.0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            return {"ok": False, "error": "not a request", "state": self.state()}
        if refusal := self.refusal(command, generation, life, by):
            return {"ok": False, "error": refusal, "state": self.state()}
        if command in ("restart", "end"):
            self.ordered_by = by
            self.stop(command, grace_s)
        elif command == "hold-restarts":
            self.hold = request.get("hold") is not False
            self.restart_at = float("inf") if self.hold else self.restart_at
            self.enter("held" if self.hold and self.phase == "backoff" else self.phase)
        elif command in ("set-size", "attach"):
            connection.attached = command == "attach"
            self.resize(size, redraw=connection.attached)
        return {"ok": True, "run": self.run, "state": self.state()}

    def refusal(self, command: str, generation: int, life: int, by: str) -> str:
        if command not in COMMANDS:
            return "no such command"
        if command in ("restart", "end") and life != self.life:
            return f"it was restarted by order since: this is life {self.life} of the run, not {life}"
        if command in ("set-size", "attach") and not self.order["tty"]:
            return "this run holds no terminal"
        if command in ("set-size", "attach", "restart") and self.phase == "ended":
            return "this run has ended"
        if command == "restart" and self.wanted == "end":
            return "this run is being ended"
        if command == "restart" and self.wanted == "restart" and by != self.ordered_by:
            return "another order is restarting it"
        if command == "restart" and generation != self.generation:
            return f"this is generation {self.generation} of the run, not {generation}"
        return ""

    def resize(self, size: tuple[int, int], *, redraw: bool) -> None:
        if self.master < 0 or not all(1 < cells <= _CELLS for cells in size):
            return
        self.size = size
        if redraw and termios.tcgetwinsize(self.master) == size:
            # Only a change of size makes a full-screen program draw all again; the true size follows a moment later.
            self.nudge_at = time.monotonic() + _NUDGE_S
            size = size[0], size[1] - 1
        termios.tcsetwinsize(self.master, size)

    def type_in(self) -> None:
        if self.master >= 0:
            try:
                self.typed = self.typed[os.write(self.master, self.typed) :] if self.typed else b""
            except OSError as error:
                self.typed = self.typed if error.errno == errno.EAGAIN else b""
            self.poller.modify(self.master, select.POLLIN | (select.POLLOUT if self.typed else 0))

    def read_output(self, fd: int) -> bool:
        """Log one chunk and hand it to whoever is attached. False when there is none."""
        try:
            output = os.read(fd, _CHUNK_BYTES)
        except OSError as error:
            if fd == self.master and error.errno != errno.EAGAIN:
                self.close_terminal()
            return False
        self.directory.append(output)
        for peer, connection in list(self.connections.items()):
            if connection.attached:
                connection.outgoing += output
                self.serve(peer, select.POLLOUT)
        return True

    def close_terminal(self) -> None:
        if self.master >= 0:
            self.poller.unregister(self.master)
            os.close(self.master)
            self.master, self.typed = -1, b""

    def tick(self) -> float | None:
        """Do what the clock says is due. Milliseconds until the next thing is, None when nothing is."""
        now = time.monotonic()
        if now >= self.nudge_at:
            self.nudge_at = float("inf")
            if self.master >= 0:
                termios.tcsetwinsize(self.master, self.size)
        if now >= min(self.kill_at, self.restart_at):
            left = below_me()
            signal_all(left, signal.SIGKILL)
            again = now + _SWEEP_S if left else float("inf")
            if now >= self.kill_at:
                self.kill_at = again
            elif left:
                self.restart_at = again
            else:
                self.start_again()
        if self.directory.unwritten:
            self.directory.keep()
        rewrite_at = now + _REWRITE_S if self.directory.unwritten else float("inf")
        due = min(self.nudge_at, self.kill_at, self.restart_at, rewrite_at)
        return None if due == float("inf") else max(0.0, due - time.monotonic()) * 1000 + 1

    def run_for_ever(self) -> None:
        while True:
            self.settle()
            for fd, event in self.poller.poll(self.tick()):
                if fd == self.end_fd:
                    self.end_all()
                elif fd == self.wake:
                    if signal.SIGTERM in os.read(fd, 4096):
                        self.stop("end", _SIGTERM_GRACE_S)
                elif fd == self.listener.fileno():
                    self.accept()
                elif fd in self.connections:
                    self.serve(fd, event)
                elif fd == self.master and event & select.POLLOUT:
                    self.type_in()
                elif fd in (self.output, self.master):
                    self.read_output(fd)

    def end_all(self) -> None:
        """Whoever holds the other end of the pipe is gone: leave nothing, not even other runners, and go."""
        while left := below_me(runners_too=True):
            signal_all(left, signal.SIGKILL)
            select.poll().poll(5)
        if self.phase != "ended":
            killed: Facts = {"exit_status": None, "signal": int(signal.SIGKILL), "ended_at": time.time()}
            self.last = killed if self.child is not None else self.last
            self.child = None
            self.finish("owner")
        raise SystemExit(0)


def main() -> None:
    """Become what outlives its starter: a session of its own, the reaper of all below, closed to debuggers."""
    end_fd = int(sys.argv[2]) if sys.argv[1:2] == ["--end-with-fd"] else None
    order = json.load(sys.stdin)
    if os.fork():
        os._exit(0)
    os.setsid()
    umask = os.umask(0o077)
    libc = ctypes.CDLL(None)
    for option, value in ((_PR_SET_NAME, COMM.encode()), (_PR_SET_CHILD_SUBREAPER, 1), (_PR_SET_DUMPABLE, 0)):
        libc.prctl(option, value, 0, 0, 0)
    for what in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(what, signal.SIG_IGN)
    for what in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(what, lambda _signal, _frame: None)
    if end_fd is not None:
        os.set_inheritable(end_fd, False)  # noqa: FBT003 - os takes it by position only
    runner = None
    try:
        runner = Runner(order, order.pop("argv"), order.pop("environment"), end_fd, umask)
        answer = runner.begin()
    except OSError as error:
        answer = {"run": None if runner is None else runner.run, "errno": error.errno, "about": "state"}
    os.write(1, json.dumps(answer).encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    if runner is not None and "errno" not in answer:
        runner.run_for_ever()


if __name__ == "__main__":
    main()
