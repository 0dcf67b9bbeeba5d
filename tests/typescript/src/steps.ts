// Named steps, each reported in a line: "ok NAME", or "not ok NAME: why".

import {Refused} from './connection.js';

let failures = 0;

/** Without it nothing that follows makes sense: the run ends here. */
export class Stopped extends Error {}

export async function step(name: string, run: () => Promise<void> | void): Promise<void> {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (failure) {
    failures++;
    const text = failure instanceof Error ? failure.message : String(failure);
    console.log(`not ok ${name}: ${text.replaceAll('\n', ' ')}`);
    if (failure instanceof Stopped) {
      finish();
    }
  }
}

export const finish = (): never => process.exit(failures === 0 ? 0 : 1);

export function equal(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) {
    throw new Error(`${what}: ${found}, ${wanted} wanted`);
  }
}

/** Anything but an Error frame of this reason is the step's failure. */
export async function refused(
  by: Promise<unknown>, wanted: number, what: string,
): Promise<Refused> {
  try {
    await by;
  } catch (failure) {
    if (failure instanceof Refused) {
      equal(failure.reason, wanted, `${what} (${failure.message})`);
      return failure;
    }
    throw failure;
  }
  throw new Error(`${what} was not refused`);
}
