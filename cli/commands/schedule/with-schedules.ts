import { lazy } from '../../lazy';
import type { Cli } from '../../output';
import type { Schedules } from '../../schedules';

/** Connects, uses the schedules, closes. */
export const withSchedules = ({ io }: Cli, use: (schedules: Schedules) => Promise<void>): Promise<void> =>
  lazy.connect().withRollouts(io, ({ schedules }) => use(schedules));
