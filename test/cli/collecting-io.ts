import { Writable } from 'node:stream';
import type { Io } from '../../cli/output';

const collector = (terminal: boolean) => {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: terminal, columns: 120 }), text: () => chunks.join('') };
};

/** A world for a command, which keeps what is printed and can be interrupted. */
export interface CollectingIo extends Io {
  out(): string;
  err(): string;
  interrupt(): void;
}

export function collectingIo({
  env = {},
  terminal = false,
}: { env?: Record<string, string>; terminal?: boolean } = {}): CollectingIo {
  const [out, err] = [collector(terminal), collector(terminal)];
  const listeners = new Set<() => void>();
  return {
    stdout: out.stream,
    stderr: err.stream,
    env,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    out: out.text,
    err: err.text,
    interrupt: () => listeners.forEach((listener) => listener()),
  };
}
