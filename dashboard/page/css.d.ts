/** Taken up by the bundler (scripts/build-dashboard.mjs), which makes a file of them. */
declare module '*.css';
