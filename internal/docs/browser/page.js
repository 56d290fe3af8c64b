// The page on which the program runs in the browser: nothing leaves this computer.
"use strict";

(() => {
  const $ = id => document.getElementById(id);
  let worker = null, file = null;

  const choose = f => {
    file = f;
    $("chosen").textContent = f ? `${f.name}, ${f.size} bytes` : "the weekly CO2 at Mauna Loa, which is built in";
  };
  const running = yes => {
    $("train").disabled = yes;
    $("stop").disabled = !yes;
  };
  const stop = () => {
    if (worker) worker.terminate();
    worker = null;
    running(false);
  };

  // zip stores files without compressing them (APPNOTE 4.3.6).
  const table = Uint32Array.from({length: 256}, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1; return n; });
  const crc = bytes => { let c = ~0; for (const b of bytes) c = table[(c ^ b) & 255] ^ c >>> 8; return ~c >>> 0; };
  const record = fields => {
    const view = new DataView(new ArrayBuffer(fields.reduce((n, [size]) => n + size, 0)));
    let at = 0;
    for (const [size, value] of fields) {
      size == 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true);
      at += size;
    }
    return view.buffer;
  };
  const zip = files => {
    const parts = [], list = [];
    let offset = 0, length = 0;
    for (const [name, bytes] of Object.entries(files)) {
      const text = new TextEncoder().encode("run/" + name), sum = crc(bytes), day = 33; // 1980-01-01
      const same = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, day], [4, sum], [4, bytes.length], [4, bytes.length], [2, text.length], [2, 0]];
      const local = record([[4, 0x04034b50], ...same]);
      list.push(record([[4, 0x02014b50], [2, 20], ...same, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), text);
      length += 46 + text.length;
      parts.push(local, text, bytes);
      offset += local.byteLength + text.length + bytes.length;
    }
    const n = list.length / 2;
    return new Blob([...parts, ...list, record([[4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, length], [4, offset], [2, 0]])], {type: "application/zip"});
  };

  const ended = (status, run) => {
    running(false);
    $("outcome").textContent = status == 0 ? "Trained, and checked by the independent checker: every claim is valid." : `Ended with exit status ${status}.`;
    $("outcome").dataset.status = status;
    if (!run || !run["report.html"]) return;
    $("report").srcdoc = new TextDecoder().decode(run["report.html"]);
    $("report").hidden = false;
    $("download").href = URL.createObjectURL(zip(run));
    $("download").hidden = false;
  };

  const train = async () => {
    stop();
    running(true);
    $("log").textContent = "";
    $("outcome").textContent = "Training ...";
    delete $("outcome").dataset.status;
    $("report").hidden = $("download").hidden = true;
    const solve = ["solve", "--grades", $("grades").value, "--out", "run"];
    if ($("limit").value) solve.push("--time-limit", $("limit").value + "s");
    if (file) solve.push(file.name);
    worker = new Worker("worker.js");
    worker.onerror = e => { $("log").textContent += (e.message ?? "the worker does not start: serve this folder over HTTP") + "\n"; ended(1, null); };
    worker.onmessage = ({data}) => {
      if (data.text != null) {
        $("log").textContent += data.text;
        $("log").scrollTop = $("log").scrollHeight;
      } else ended(data.status, data.run);
    };
    worker.postMessage({file: file?.name, content: file && new Uint8Array(await file.arrayBuffer()), commands: [solve, ["verify", "--quiet", "run"]]});
  };

  $("train").onclick = train;
  $("stop").onclick = stop;
  $("file").onchange = e => choose(e.target.files[0] ?? null);
  const zone = $("drop");
  zone.ondragover = e => e.preventDefault();
  zone.ondrop = e => { e.preventDefault(); choose(e.dataTransfer.files[0] ?? null); };
  choose(null);
  running(false);
  if (location.protocol == "file:") $("outcome").textContent = "A browser starts programs only from a server: serve this folder, for example by python3 -m http.server, and open browser.html there.";
})();
