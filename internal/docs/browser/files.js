// A file system in memory for the program in a browser: what Go's package os asks of the
// fs, process and path of Node.
"use strict";

(() => {
  const O = {O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536};
  const DIRECTORY = 0o40755, FILE = 0o100644, DEVICE = 0o20644;
  let numbers = 0;
  const node = mode => ({mode, number: ++numbers, time: Date.now(), bytes: new Uint8Array(0), size: 0, entries: mode == DIRECTORY ? new Map() : null});
  const root = node(DIRECTORY);
  const devices = [1, 2].map(() => node(DEVICE));
  const open = new Map([[1, {node: devices[0]}], [2, {node: devices[1]}]]);
  let next = 3;

  const fail = code => { throw Object.assign(new Error(code), {code}); };
  const absolute = path => {
    const parts = [];
    for (const part of path.split("/")) {
      if (part == "..") parts.pop();
      else if (part != "" && part != ".") parts.push(part);
    }
    return parts;
  };
  const lookUp = parts => {
    let at = root;
    for (const part of parts) {
      if (!at.entries) fail("ENOTDIR");
      at = at.entries.get(part) ?? fail("ENOENT");
    }
    return at;
  };
  // place is the folder that a path is in, and its name there.
  const place = path => {
    const parts = absolute(path);
    if (parts.length == 0) fail("EINVAL");
    const folder = lookUp(parts.slice(0, -1));
    if (!folder.entries) fail("ENOTDIR");
    return [folder.entries, parts[parts.length - 1]];
  };
  const grow = (n, size) => {
    if (size > n.bytes.length) {
      const bytes = new Uint8Array(Math.max(size, 2 * n.bytes.length, 1024));
      bytes.set(n.bytes.subarray(0, n.size));
      n.bytes = bytes;
    }
    if (size < n.size) n.bytes.fill(0, size, n.size);
    n.size = size;
  };
  const stat = n => ({
    dev: 1, ino: n.number, mode: n.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: n.size, blksize: 4096, blocks: Math.ceil(n.size / 512),
    atimeMs: n.time, mtimeMs: n.time, ctimeMs: n.time, isDirectory: () => n.entries != null,
  });
  const opened = fd => open.get(fd) ?? fail("EBADF");
  const remove = (path, wantsFolder) => {
    const [entries, name] = place(path), n = entries.get(name) ?? fail("ENOENT");
    if (wantsFolder && !n.entries) fail("ENOTDIR");
    if (!wantsFolder && n.entries) fail("EISDIR");
    if (n.entries && n.entries.size) fail("ENOTEMPTY");
    entries.delete(name);
  };

  const calls = {
    open(path, flags, mode) {
      const parts = absolute(path);
      let n;
      if (parts.length == 0) n = root;
      else {
        const [entries, name] = place(path);
        n = entries.get(name);
        if (n && flags & O.O_CREAT && flags & O.O_EXCL) fail("EEXIST");
        if (!n && !(flags & O.O_CREAT)) fail("ENOENT");
        if (!n) entries.set(name, n = node(FILE));
      }
      if (flags & O.O_DIRECTORY && !n.entries) fail("ENOTDIR");
      if (n.entries && flags & (O.O_WRONLY | O.O_RDWR)) fail("EISDIR");
      if (flags & O.O_TRUNC) grow(n, 0);
      open.set(next, {node: n, at: 0, append: (flags & O.O_APPEND) != 0});
      return next++;
    },
    close(fd) { opened(fd); open.delete(fd); },
    mkdir(path) {
      const [entries, name] = place(path);
      if (entries.has(name)) fail("EEXIST");
      entries.set(name, node(DIRECTORY));
    },
    readdir(path) {
      const n = lookUp(absolute(path));
      if (!n.entries) fail("ENOTDIR");
      return [...n.entries.keys()].sort();
    },
    stat(path) { return stat(lookUp(absolute(path))); },
    lstat(path) { return stat(lookUp(absolute(path))); },
    fstat(fd) { return stat(opened(fd).node); },
    unlink(path) { remove(path, false); },
    rmdir(path) { remove(path, true); },
    rename(from, to) {
      const [a, name] = place(from), [b, other] = place(to), n = a.get(name) ?? fail("ENOENT"), old = b.get(other);
      if (old && old.entries && old.entries.size) fail("ENOTEMPTY");
      a.delete(name);
      b.set(other, n);
    },
    truncate(path, size) { grow(lookUp(absolute(path)), size); },
    ftruncate(fd, size) { grow(opened(fd).node, size); },
    read(fd, buffer, offset, length, position) {
      const f = fd == 0 ? null : opened(fd);
      if (!f) return 0;
      if (f.node.entries) fail("EISDIR");
      const at = position ?? f.at, n = Math.max(0, Math.min(length, f.node.size - at));
      buffer.set(f.node.bytes.subarray(at, at + n), offset);
      if (position == null) f.at += n;
      return n;
    },
    write(fd, buffer, offset, length, position) {
      const f = opened(fd), part = buffer.subarray(offset, offset + length);
      if (f.node.mode == DEVICE) {
        globalThis.told(fd, part.slice());
        return length;
      }
      const at = position ?? (f.append ? f.node.size : f.at);
      if (at + length > f.node.size) grow(f.node, at + length);
      f.node.bytes.set(part, at);
      f.node.time = Date.now();
      if (position == null) f.at = at + length;
      return length;
    },
    chmod() {}, fchmod() {}, chown() {}, fchown() {}, lchown() {}, utimes() {}, fsync() {},
    link() { fail("ENOSYS"); }, symlink() { fail("ENOSYS"); }, readlink() { fail("EINVAL"); },
  };

  globalThis.fs = {constants: O, writeSync(fd, buffer) { return calls.write(fd, buffer, 0, buffer.length, null); }};
  for (const [name, call] of Object.entries(calls)) {
    fs[name] = (...args) => {
      const done = args.pop();
      let value;
      try {
        value = call(...args);
      } catch (why) {
        if (!why.code) throw why;
        return done(why);
      }
      done(null, value);
    };
  }
  globalThis.process = {getuid: () => 0, getgid: () => 0, geteuid: () => 0, getegid: () => 0, getgroups: () => [], pid: 1, ppid: 0, umask: () => 0o22, cwd: () => "/", chdir() {}};
  globalThis.path = {resolve: (...segments) => "/" + absolute(segments.join("/")).join("/")};

  // What the page needs: put writes a file, take is what is in a folder, by name.
  globalThis.memory = {
    put(path, bytes) {
      const [entries, name] = place(path), n = node(FILE);
      n.bytes = bytes;
      n.size = bytes.length;
      entries.set(name, n);
    },
    take(path) {
      const files = {};
      const walk = (n, name) => {
        if (!n.entries) files[name] = n.bytes.slice(0, n.size);
        else for (const [entry, child] of n.entries) walk(child, name == "" ? entry : name + "/" + entry);
      };
      walk(lookUp(absolute(path)), "");
      return files;
    },
  };
  for (const folder of ["tmp", "home"]) root.entries.set(folder, node(DIRECTORY));
})();
