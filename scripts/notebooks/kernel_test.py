"""The public test suite of Jupyter kernels (jupyter_kernel_test), and what it does not ask for: interrupts, input, aborted cells, what a
front end may send wrongly."""
import os
import signal
import socket
import json
import subprocess
import time
import unittest

import jupyter_kernel_test
import zmq
from jupyter_client.manager import start_new_kernel
from jupyter_client.session import Session
from jupyter_kernel_test.msgspec_v5 import schema_fragments, validate_message

FIGURE = 'plot.line{y = {1, 4, 9}, title = "squares"}'


class PublicSuite(jupyter_kernel_test.KernelTests):
    kernel_name = "oche"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = 'print("hello, world")'
    code_stderr = 'io.stderr:write("oops\\n")'
    completion_samples = [
        {"text": "tensor.zer", "matches": {"zeros", "zeros_like"}},
        {"text": "plot.line{tit", "matches": {"title = "}},
        {"text": "-- \u00e4\U0001f98a\ntensor.zer", "matches": {"zeros", "zeros_like"}},
    ]
    complete_code_samples = ["x = 1", "1 + 1", "for i = 1, 2 do end", "print(1)", "tensor?"]
    incomplete_code_samples = ["for i = 1, 2 do", "f(", "s = [[a", "x ="]
    invalid_code_samples = ["end", "x = = 1"]
    code_page_something = "tensor.zeros?"
    code_generate_error = "error('no')"
    code_execute_result = [{"code": "6 * 7", "result": "42"}, {"code": "'a' .. 'b'", "result": '"ab"'}]
    code_display_data = [{"code": f"display({FIGURE})", "mime": "image/svg+xml"}, {"code": f"display({FIGURE})", "mime": "application/vnd.vegalite.v5+json"}, {"code": "display(1)", "mime": "text/plain"}]
    code_history_pattern = "6 [*]*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "tensor.zeros"
    code_clear_output = "display.clear{}"


class KernelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(kernel_name="oche")

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    def outputs(self, request, timeout=20, started=False):
        """What is published until the kernel is idle again, each message in order and valid."""
        found = []
        while True:
            message = self.kc.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] in schema_fragments:
                validate_message(message)
            found.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                if started:
                    return found[:-1]
                self.assertEqual(found[0]["content"].get("execution_state"), "busy")
                return found[1:-1]

    def reply(self, request, timeout=20):
        while True:
            message = self.kc.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == request:
                # The protocol says "aborted", the suite's schema "abort".
                if message["content"]["status"] != "aborted":
                    validate_message(message)
                return message["content"]

    def run_cell(self, code, **options):
        request = self.kc.execute(code, **options)
        return self.reply(request), self.outputs(request)

    def text(self, outputs):
        return "".join(m["content"]["text"] for m in outputs if m["msg_type"] == "stream")

    def wait_for(self, request, kind):
        while True:
            message = self.kc.get_iopub_msg(timeout=20)
            if message["parent_header"].get("msg_id") == request and message["msg_type"] == kind:
                return message

    def test_output_comes_while_a_cell_runs(self):
        request = self.kc.execute("print('now') local t = os.clock() while os.clock() - t < 1.5 do end print('later')")
        began = time.monotonic()
        self.wait_for(request, "stream")
        self.assertLess(time.monotonic() - began, 1)
        self.reply(request)

    def test_order_of_outputs(self):
        _, out = self.run_cell(f"print(1) display(2) io.stderr:write('3') print(4) {FIGURE}")
        self.assertEqual([m["msg_type"] for m in out], ["execute_input", "stream", "display_data", "stream", "stream", "execute_result"])
        self.assertEqual(self.text(out), "1\n34\n")
        self.assertEqual(set(out[-1]["content"]["data"]), {"text/plain", "image/svg+xml", "application/vnd.vegalite.v5+json"})

    def test_updates(self):
        _, out = self.run_cell('display("a", {id = "d"}) display.update("d", "b") display.clear{wait = true}')
        self.assertEqual([m["msg_type"] for m in out[1:]], ["display_data", "update_display_data", "clear_output"])
        self.assertEqual([m["content"]["transient"]["display_id"] for m in out[1:3]], ["d", "d"])
        self.assertTrue(out[3]["content"]["wait"])

    def test_numbers_and_history(self):
        first, _ = self.run_cell("n = 1")
        hidden, out = self.run_cell("n = n + 1 print(n)", silent=True)
        self.assertEqual(out, [])
        unkept, out = self.run_cell("n = n + 1 print(n)", store_history=False)
        self.assertEqual(self.text(out), "3\n")
        last, out = self.run_cell("n")
        self.assertEqual(last["execution_count"], first["execution_count"] + 1)
        self.assertEqual(out[-1]["content"]["data"]["text/plain"], "3")
        tail = self.reply(self.kc.history(hist_access_type="tail", n=2, output=True, raw=True))["history"]
        self.assertEqual([entry[1:] for entry in tail], [[first["execution_count"], ["n = 1", None]], [last["execution_count"], ["n", "3"]]])

    def test_user_expressions(self):
        reply, _ = self.run_cell("v = tensor{1, 2}", user_expressions={"sum": "v:sum():item()", "bad": "nothing.x", "none": "nil"})
        found = reply["user_expressions"]
        self.assertEqual(found["sum"]["data"]["text/plain"], "3.0")
        self.assertEqual((found["bad"]["status"], found["bad"]["ename"]), ("error", "RuntimeError"))
        self.assertEqual(found["none"]["status"], "ok")

    def test_errors(self):
        reply, out = self.run_cell("local t\nt.x = 1")
        self.assertEqual((reply["status"], reply["ename"], out[-1]["msg_type"]), ("error", "RuntimeError", "error"))
        self.assertIn("attempt to index a nil value", reply["evalue"])
        self.assertTrue(any("\x1b[" in line for line in reply["traceback"]))
        self.assertEqual(self.run_cell("x = = 1")[0]["ename"], "SyntaxError")

    def test_an_error_aborts_what_waits(self):
        # The first cell runs until the others wait.
        stop = "local t = os.clock() + 0.5 while os.clock() < t do end error('stop')"
        requests = [self.kc.execute(stop), self.kc.execute("print('never')"), self.kc.execute("print('never')")]
        self.assertEqual([self.reply(r)["status"] for r in requests], ["error", "aborted", "aborted"])
        for request in requests[1:]:
            self.assertEqual(self.outputs(request), [])
        requests = [self.kc.execute("error('go on')", stop_on_error=False), self.kc.execute("print('runs')")]
        self.assertEqual([self.reply(r)["status"] for r in requests], ["error", "ok"])
        self.assertEqual(self.text(self.outputs(requests[1])), "runs\n")

    def interrupted(self, code, interrupt):
        request = self.kc.execute(code)
        self.wait_for(request, "execute_input")
        time.sleep(0.5)
        began = time.monotonic()
        interrupt()
        reply = self.reply(request)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        self.assertEqual(self.text(self.run_cell("print('well')")[1]), "well\n")

    def test_interrupt_by_message(self):
        self.interrupted("while true do end", self.km.interrupt_kernel)
        self.interrupted("while true do pcall(function() while true do end end) end", self.km.interrupt_kernel)
        self.interrupted("darts.search{space = darts.space{}, data = dataset.cosines{seed = 1}, seed = 1, steps = 10000000}", self.km.interrupt_kernel)
        self.interrupted("io.read()", self.km.interrupt_kernel)
        self.interrupted("os.execute('sleep 20')", self.km.interrupt_kernel)

    def test_interrupt_by_signal(self):
        self.interrupted("while true do end", lambda: os.kill(self.km.provisioner.pid, signal.SIGINT))
        os.kill(self.km.provisioner.pid, signal.SIGINT)
        time.sleep(0.2)
        self.assertEqual(self.text(self.run_cell("print('idle kernels do not mind')")[1]), "idle kernels do not mind\n")

    def test_control_answers_while_a_cell_runs(self):
        request = self.kc.execute("while true do end")
        self.wait_for(request, "execute_input")
        asked = self.kc.session.msg("kernel_info_request")
        self.kc.control_channel.send(asked)
        answer = self.kc.get_control_msg(timeout=5)
        self.assertEqual((answer["msg_type"], answer["parent_header"]["msg_id"]), ("kernel_info_reply", asked["header"]["msg_id"]))
        self.assertTrue(self.kc.is_alive())
        self.km.interrupt_kernel()
        self.reply(request)

    def test_input(self):
        request = self.kc.execute("local name = io.read() local a, b = io.read('n', 'n') print(name, a + b) print(io.stdin:read('l') == '')", allow_stdin=True)
        for line in ["Ünïcode \U0001f98a", "1 2"]:
            asked = self.kc.get_stdin_msg(timeout=10)
            self.assertEqual((asked["msg_type"], asked["parent_header"]["msg_id"]), ("input_request", request))
            self.assertEqual((asked["content"]["prompt"], asked["content"]["password"]), ("", False))
            self.kc.input(line)
        self.assertEqual(self.reply(request)["status"], "ok")
        self.assertEqual(self.text(self.outputs(request)), "Ünïcode \U0001f98a\t3\ntrue\n")
        reply, _ = self.run_cell("io.read()", allow_stdin=False)
        self.assertIn("nobody to ask", reply["evalue"])

    def test_comms(self):
        message = self.kc.session.msg("comm_open", {"comm_id": "c", "target_name": "nothing", "data": {}})
        self.kc.shell_channel.send(message)
        closed = self.outputs(message["header"]["msg_id"])
        self.assertEqual([(m["msg_type"], m["content"]["comm_id"]) for m in closed], [("comm_close", "c")])
        self.assertEqual(self.reply(self.kc.comm_info())["comms"], {})

    def test_progress_is_one_display(self):
        request = self.kc.execute("darts.search{space = darts.space{}, data = dataset.cosines{seed = 1}, seed = 1, steps = 10000000}")
        shown = [self.wait_for(request, "display_data")] + [self.wait_for(request, "update_display_data") for _ in range(2)]
        self.km.interrupt_kernel()
        self.assertEqual(self.reply(request)["status"], "error")
        out = self.outputs(request, started=True)
        self.assertEqual({m["content"]["transient"]["display_id"] for m in shown + out if m["msg_type"].endswith("display_data")}, {shown[0]["content"]["transient"]["display_id"]})
        self.assertRegex(shown[-1]["content"]["data"]["text/plain"], r"^search .* left$")
        self.assertEqual(self.text(out), "")

    def test_arguments(self):
        self.assertEqual(self.text(self.run_cell("print(#arg)")[1]), "0\n")
        self.run_cell("%args --trials 2 'a b'")
        self.assertEqual(self.text(self.run_cell("print(#arg, arg[1], arg[2], arg[3])")[1]), "3\t--trials\t2\ta b\n")

    def test_large_output(self):
        _, out = self.run_cell("for i = 1, 100000 do print(i) end")
        self.assertEqual(self.text(out), "".join(f"{i}\n" for i in range(1, 100001)))
        self.assertLess(len(out), 2000)

    def test_what_is_no_message_is_dropped(self):
        connection = self.km.get_connection_info()
        context = zmq.Context.instance()
        forger = Session(key=b"another key", signature_scheme=connection["signature_scheme"])
        unsigned = Session(key=b"")
        signed = Session(key=self.km.session.key, signature_scheme=connection["signature_scheme"])
        for port in ("shell_port", "control_port", "stdin_port", "hb_port"):
            dealer = context.socket(zmq.DEALER)
            dealer.connect(f"tcp://127.0.0.1:{connection[port]}")
            for sender in (forger, unsigned):
                sender.send(dealer, "execute_request", {"code": "forged = true", "silent": False})
                sender.send(dealer, "shutdown_request", {"restart": False})
            for frames in ([b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", b"{", b"}", b"", b""], [os.urandom(5000)] * 3, [b"<IDS|MSG>"] * 9, [b"x"] * 300):
                dealer.send_multipart(frames)
            # Signed, and nonsense.
            header = json.dumps({"msg_id": "1", "msg_type": "execute_request"}).encode()
            for parts in ([header, b"{}", b"{}", b"[]"], [header, b"{}", b"{}", b"{\"code\": 5}"], [b"[1]", b"{}", b"{}", b"{}"], [header, b"{}", b"{}", b"[" * 100000]):
                dealer.send_multipart([b"<IDS|MSG>", signed.sign(parts), *parts])
            # One message, sent again as it is.
            frames = signed.serialize(signed.msg("execute_request", {"code": "replayed = (replayed or 0) + 1", "silent": True}))
            if port == "shell_port":
                dealer.send_multipart(frames)
                dealer.send_multipart(frames)
            dealer.send_multipart(signed.serialize(signed.msg("no_such_request", {})))
            time.sleep(0.2)
            dealer.close()
        with socket.create_connection(("127.0.0.1", connection["shell_port"])) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" + os.urandom(1000))
        self.assertEqual(self.text(self.run_cell("print(forged, replayed)")[1]), "nil\t1\n")
        self.assertTrue(self.kc.is_alive())


class LifeTest(unittest.TestCase):
    def test_restart_and_shutdown_while_a_cell_runs(self):
        km, kc = start_new_kernel(kernel_name="oche")
        kc.execute("x = 1 while true do pcall(function() while true do end end) end")
        time.sleep(0.5)
        began = time.monotonic()
        km.restart_kernel()
        kc.wait_for_ready(timeout=20)
        self.assertLess(time.monotonic() - began, 10)
        out = []
        kc.execute_interactive("print(x)", output_hook=lambda m: out.append(m["content"].get("text", "")), timeout=20)
        self.assertEqual("".join(out), "nil\n")
        process = km.provisioner.process
        km.shutdown_kernel()
        kc.stop_channels()
        self.assertIsNotNone(process.poll())

    def test_exit_of_a_script(self):
        km, kc = start_new_kernel(kernel_name="oche")
        request = kc.execute("os.exit(3)")
        reply = kc.get_shell_msg(timeout=10)
        self.assertEqual((reply["content"]["status"], reply["content"]["payload"][0]["source"]), ("ok", "ask_exit"))
        self.assertEqual(km.provisioner.process.wait(10), 3)
        kc.stop_channels()
        km.cleanup_resources()

    def test_listens_to_this_machine_only(self):
        folder = os.environ["WORK"]
        path = os.path.join(folder, "open.json")
        with open(path, "w") as file:
            json.dump({"ip": "0.0.0.0", "transport": "tcp", "key": "k", "signature_scheme": "hmac-sha256", "shell_port": 1, "control_port": 2, "stdin_port": 3, "iopub_port": 4, "hb_port": 5}, file)
        for arguments, part in ([["--connection-file", path], "this machine only"], [["--connection-file", "nowhere.json"], "cannot open"]):
            done = subprocess.run([os.environ["OCHE"], "kernel", *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn(part, done.stderr)
        self.assertEqual(subprocess.run([os.environ["OCHE"], "kernel"], capture_output=True, timeout=20).returncode, 2)

    def test_a_kernel_ends_with_its_front_end(self):
        code = ("from jupyter_client.manager import start_new_kernel; import os; km, kc = start_new_kernel(kernel_name='oche');"
                "print(km.provisioner.pid, flush=True); os._exit(0)")
        import sys
        pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout)
        for _ in range(100):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            # A zombie that nobody has waited for is gone as well.
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
            time.sleep(0.1)
        self.fail("it still runs")


if __name__ == "__main__":
    unittest.main(verbosity=1)
