export { timelineText } from './render';
export { timelineOf } from './timeline';
