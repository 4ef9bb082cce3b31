/**
 * What Node is started with where the gateway has a process of its own. V8 begins with 0.5 MB of young space and lets it grow only when
 * much survives in it, which is what a proxy never lets happen: it collected every few dozen requests and copied those under way
 * each time. 16 MB are its usual limit, from the first request on; the process has been seen larger by 10 MB, and may be by 32.
 */
export const gatewayNodeFlags: readonly string[] = ['--min-semi-space-size=16'];
