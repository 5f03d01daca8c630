import { inspect } from 'node:util';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends a run by naming each test that was skipped or failed, with the cause, and with the counts alone on the last line. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    const unloadable = modules.filter((module) => module.errors().length > 0);

    const skipped = inState('skipped');
    for (const test of skipped) console.log(`skipped: ${test.fullName}: ${reason(test)}`);

    const broken = inState('failed');
    for (const test of broken) {
      const file = test.module.relativeModuleId;
      console.log(`failed: ${file}: ${test.fullName}: ${cause(test)}`);
    }
    for (const module of unloadable) console.log(`failed: ${module.relativeModuleId}: cannot be loaded`);
    for (const error of unhandled) console.log(`failed: outside of any test: ${inspect(error)}`);

    const failed = broken.length + unloadable.length + unhandled.length;
    const counts = [`${inState('passed').length} passed`, `${failed} failed`];
    if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
    console.log(counts.join(', '));
  }
}

function reason(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || 'no reason given';
}

function cause(test: TestCase): string {
  const [first] = test.result().errors ?? [];
  return (first?.message ?? 'no message').replaceAll('\n', ' ');
}
