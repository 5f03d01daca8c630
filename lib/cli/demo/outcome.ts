import type { Traffic } from './exchange.js';
import type { KernelView } from './kernel-view.js';
import type { Mechanism } from './mechanism.js';

/** How one mechanism fared: `traffic`, or the `problem` that kept it from arriving whole. */
export interface Outcome {
  mechanism: Mechanism;
  kernel?: KernelView;
  traffic?: Traffic;
  problem?: string;
}
