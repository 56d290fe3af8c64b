// Runs the program, in the thread of a worker. A message {file, content, commands} puts
// the file and runs the commands, lists of arguments, one after the other. It is answered
// by {text} for what the program prints and {status, run} in the end: the exit status of
// the last command and the files of the folder run.
"use strict";

globalThis.told = (_, bytes) => postMessage({text: new TextDecoder().decode(bytes)});
importScripts("files.js", "wasm_exec.js");

const program = fetch("multigrade.wasm").then(r => {
  if (!r.ok) throw new Error("multigrade.wasm: " + r.status);
  return r.arrayBuffer();
}).then(bytes => WebAssembly.compile(bytes));

async function command(args) {
  const go = new Go();
  let status = 0;
  go.argv = ["multigrade", ...args];
  go.env = {TMPDIR: "/tmp", HOME: "/home"};
  go.exit = code => { status = code; };
  await go.run(await WebAssembly.instantiate(await program, go.importObject));
  for (const alarm of go._scheduledTimeouts.values()) clearTimeout(alarm); // of a program that has ended
  return status;
}

onmessage = async ({data: {file, content, commands}}) => {
  try {
    if (file) memory.put(file, content);
    let status = 0;
    for (const args of commands) {
      postMessage({text: "$ multigrade " + args.map(a => /^[-\w.\/=]+$/.test(a) ? a : JSON.stringify(a)).join(" ") + "\n"});
      status = await command(args);
      if (status != 0) break;
    }
    let run = null;
    try { run = memory.take("run"); } catch (why) { if (why.code != "ENOENT") throw why; }
    postMessage({status, run});
  } catch (why) {
    postMessage({text: String(why) + "\n"});
    postMessage({status: 1, run: null});
  }
};
