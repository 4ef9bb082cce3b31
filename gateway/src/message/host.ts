const pattern = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::\d{1,5})?$/;

/** Whether `text` is a host, with or without a port: what may stand in a Host header and be repeated in others. */
export const isHost = (text: string): boolean => pattern.test(text);
