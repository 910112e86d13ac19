import { connect, isServiceGone } from './client';
import { Enrollments } from './operations';

/** What the provider in the state loads, by this name: see provider.ts. */
export const enrollments = new Enrollments({ connect, isServiceGone, say: (text) => console.log(text) });
