import { request } from 'node:http';

type Answer = Readonly<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>;

/** One request on a connection of its own. */
export const get = (port: number, path: string, token: string | undefined): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port, path, headers, agent: false, timeout: 5000 };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`no answer from port ${port}`)));
    sent.end();
  });
