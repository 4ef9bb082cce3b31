import { connect } from 'node:net';

const timeoutMs = 2_000;

/** Sends `question` to a port of loopback; whether the answer begins like that. False for every way in which there is none. */
export const answersWith = (port: number, question: string, beginning: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = '';
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('connect', () => socket.write(question, 'latin1'));
    socket.on('data', (chunk) => {
      heard = (heard + chunk.toString('latin1')).slice(0, 8_192);
      if (heard.startsWith(beginning)) end(true);
    });
  });
