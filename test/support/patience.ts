// Servers answer in their own time, the more so on a busy machine; what is too slow is a matter of benches.
jest.setTimeout(60_000);
