import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { createMemoryPorts } from './adapters/memory/memory-ports.ts';
import { usersSettings } from './config.ts';
import { createUseCases } from './use-cases.ts';

export const settings = usersSettings.parse({ publicUrl: 'https://gate.example/' });
export const ann = {
  email: 'Ann@Example.com',
  password: 'four red lamps',
  firstName: 'Ann',
  lastName: 'Miller',
};
export const home = { email: ann.email, password: ann.password, address: '192.0.2.1', userAgent: 'curl/8' };

/** Every use case in memory, with nobody registered. */
export const startUseCases = () => {
  const clock = createManualClock();
  const ports = createMemoryPorts({ clock, ids: sequentialIds() });
  const users = createUseCases(ports, settings);
  return {
    clock,
    ports,
    users,
    mailedToken: () => /token=([\w-]+)/.exec(ports.state().mails.at(-1)?.links[0] ?? '')?.[1] ?? '',
    sendWelcome: (id: string) => ports.transaction((work) => users.sendVerificationMail.toUser(work, id)),
    isSessionRevoked: (id: string) => ports.state().revocations.some(({ sid }) => sid === id),
  };
};
