import { inspect } from '../../index.js';
import type { Mechanism, Objects, Run } from './mechanism.js';

interface Made {
  mechanism: Mechanism;
  objects?: Objects;
  problem?: string;
}

/**
 * The objects of all mechanisms of a run. They live as long as the run does, so that `ipcs` and `ls /dev/shm`
 * show all of them at any time in between.
 */
export class Collection {
  readonly made: Made[] = [];

  constructor(private readonly run: Run) {}

  create(mechanisms: readonly Mechanism[]): void {
    for (const mechanism of mechanisms) {
      try {
        this.made.push({ mechanism, objects: mechanism.create(this.run) });
      } catch (error) {
        this.made.push({ mechanism, problem: messageOf(error) });
      }
    }
  }

  /** Gives what went wrong; the rest is destroyed all the same. */
  destroy(): string[] {
    return this.made.splice(0).flatMap(({ objects }) => {
      try {
        objects?.destroy();
        return [];
      } catch (error) {
        return [messageOf(error)];
      }
    });
  }

  /** What the kernel still has of the run. */
  leftovers(): string[] {
    const { tag, key } = this.run;
    return inspect
      .list()
      .objects.filter((object) => ('id' in object ? object.key === key : object.name.startsWith(`/${tag}-`)))
      .map((object) => `left behind: ${object.kind} ${'id' in object ? object.id : object.name}`);
  }
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
