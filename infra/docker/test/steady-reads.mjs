import { setTimeout as delay } from 'node:timers/promises';

/** Reads over and over while `work` runs, at most 50 a second and 5 minutes. Answers how many, and which failed. */
export const readDuring = async (url, work) => {
  let done = false;
  const failures = [];
  let reads = 0;
  const read = async () => {
    const endAt = Date.now() + 300_000;
    while (!done && Date.now() < endAt) {
      reads += 1;
      const failure = await fetch(url, { signal: AbortSignal.timeout(15_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status === 200 ? undefined : `${response.status}`;
        },
        (error) => `${error.cause?.code ?? error.name}`,
      );
      if (failure !== undefined) failures.push(failure);
      await delay(20);
    }
  };
  const reading = read();
  try {
    await work();
  } finally {
    done = true;
    await reading;
  }
  return { reads, failures };
};
