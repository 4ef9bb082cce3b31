import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requireFreePort } from './free-port.ts';

describe('a port that somebody has', () => {
  it('is refused with who has it and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    await expect(requireFreePort('PORT', port, '127.0.0.1')).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringMatching(new RegExp(`Port ${port} is taken.*PORT=\\d+ npm start`)),
    });
    if (process.platform === 'linux') {
      await expect(requireFreePort('PORT', port, '127.0.0.1')).rejects.toThrow(`(pid ${process.pid})`);
    }
    server.close();
  });

  it('is no matter when any port will do', async () => {
    await expect(requireFreePort('PORT', 0)).resolves.toBeUndefined();
  });
});
