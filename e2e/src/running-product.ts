import type { Product } from './product.ts';

/** A product that somebody else started, at `url`; it is neither ended nor started again here. */
export const joinRunning = async (url: string, operationsUrl: string): Promise<Product> => {
  const refuse = async (): Promise<never> => {
    throw new Error(`The product at ${url} is not ours to end.`);
  };
  const { origin } = new URL(url);
  const gateways = process.env.GATEHOUSE_E2E_GATEWAYS?.split(',');
  return {
    ...{ url: origin, gateways: gateways ?? [origin], operationsUrl, dataDir: '' },
    output: () => '',
    end: refuse,
    restart: refuse,
    dispose: async () => {},
  };
};
