import { describe, expect, it } from 'vitest';
import { parseBrokerAddress } from './broker-address.ts';

describe('the address of a broker', () => {
  it('is taken apart, and what may be logged has no secret', () => {
    const address = parseBrokerAddress('amqp://us%40er:p%2Fss@rabbit.example:5673/my%2Fhost', 5);
    expect(address.server).toBe('rabbit.example:5673');
    expect(address.connect).toEqual({
      protocol: 'amqp',
      hostname: 'rabbit.example',
      port: 5673,
      username: 'us@er',
      password: 'p/ss',
      vhost: 'my%2Fhost',
      heartbeat: 5,
    });
  });

  it('has a default for what is missing', () => {
    expect(parseBrokerAddress('amqp://[::1]', 5).connect).toEqual({
      protocol: 'amqp',
      hostname: '::1',
      port: 5672,
      heartbeat: 5,
    });
    expect(parseBrokerAddress('amqps://rabbit', 5).connect).toMatchObject({ protocol: 'amqps', port: 5671 });
  });

  it.each(['', 'rabbit:5672', 'http://guest:secret@rabbit', 'amqp://guest:secret@:bad'])(
    '%j is refused without repeating it',
    (url) => {
      const parse = () => parseBrokerAddress(url, 5);
      expect(parse).toThrow(TypeError);
      expect(parse).not.toThrow(/secret/);
    },
  );
});
