'use strict';
const { spawn } = require('node:child_process');
const os = require('node:os');

// Runs a program in this one's place: its output, its signals and its exit code.
//
// It gets a process group of its own, because Ctrl-C reaches this process twice (from the terminal and from
// npm) and would reach the program a third time: only the first of a burst is handed on.
function runJob(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'inherit', detached: true, ...options });
  let last = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - last > 300) child.kill(signal);
      last = now;
    });
  }
  process.on('SIGTSTP', () => {
    process.kill(-child.pid, 'SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
  process.on('SIGCONT', () => process.kill(-child.pid, 'SIGCONT'));
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
}

module.exports = { runJob };
