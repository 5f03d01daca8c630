import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** With the oldest standards that a printed header promises to work with, and no warning. */
export const languages = {
  C: ['gcc', '-x', 'c', '-std=c11', '-D_POSIX_C_SOURCE=200809L'],
  'C++': ['g++', '-x', 'c++', '-std=c++11'],
} as const;
export type Language = keyof typeof languages;

/** A program of this source, which includes these headers; gone with the test. */
export function compiled(language: Language, source: string, headers: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'posix-ipc-struct-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries(headers)) writeFileSync(join(folder, file), text);
  const [compiler, ...options] = languages[language];
  const program = join(folder, 'program');
  const strict = ['-Wall', '-Wextra', '-Werror', '-pedantic', '-O1', '-I', folder];
  // Its memory is not ours to sanitize.
  const env = { ...process.env, LD_PRELOAD: '' };
  execFileSync(compiler, [...options, ...strict, '-o', program, '-', '-lrt'], { input: source, env });
  return program;
}
