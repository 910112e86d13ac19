import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A line of /proc/pid/status (proc(5)), in bytes. */
function statusOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const line = status.split('\n').find((each) => each.startsWith(`${field}:`));
  if (line === undefined) throw new Error(`process ${pid} is gone`);
  return parseInt(line.slice(field.length + 1), 10) * 1024;
}

/** Resident memory of a process, in bytes. Linux only: from /proc. */
export const residentBytes = (pid: number): number => statusOf(pid, 'VmRSS');

/** The most resident memory that a process has had, in bytes. Linux only. */
export const peakBytes = (pid: number): number => statusOf(pid, 'VmHWM');

/** Clock ticks of the kernel in a second; Linux has shown 100 to programs on every architecture for decades. */
const TICKS_PER_SECOND = 100;

/** Processor time that a process has used, user and system, in seconds (proc(5), `/proc/pid/stat` fields 14 and 15). */
export function processorSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(afterName[11]) + Number(afterName[12])) / TICKS_PER_SECOND;
}

/** Files that a process may have open. Node raises its own limit to the hard one when it starts. */
export function mostOpenFiles(): number {
  const text = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return text === 'unlimited' ? Infinity : Number(text);
}
