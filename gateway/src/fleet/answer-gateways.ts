import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseBearer } from '@gatehouse/auth';
import { isAppError, toAppError } from '@gatehouse/errors';
import { z } from 'zod';
import { gatewayError } from '../gateway-error.ts';
import type { GatewayInspection } from '../inspection.ts';
import { toProblem } from '../problem.ts';
import { gatewayService } from './gateway-service.ts';
import { type Operation, operationSchema, performOperation } from './operation.ts';

export type AnswerGatewaysDeps = Readonly<{
  id: string;
  inspection: GatewayInspection;
  verify: (token: string) => Promise<Readonly<{ name: string }>>;
  onInternal: (error: unknown) => void;
}>;

const requestSchema = z.strictObject({ from: z.string().min(1).max(200), operation: operationSchema });
const longestBody = 4096;
/** What the other gateway's operator is told; everything else is a failure of this gateway. */
const refusals: ReadonlySet<string> = new Set(['config_invalid', 'breaker_unknown']);

/**
 * Answers what another gateway asks for an operator. Only with a service token of a gateway, and only on the operations port:
 * the public one never leads to `/internal`.
 */
export const createAnswerGateways = (deps: AnswerGatewaysDeps) => {
  const { id, inspection, verify } = deps;

  const checkCaller = async ({ headers }: IncomingMessage): Promise<void> => {
    const token = parseBearer(headers.authorization ?? '');
    if (token === undefined) throw gatewayError('unauthenticated');
    const { name } = await verify(token);
    if (name !== gatewayService) throw gatewayError('forbidden');
  };

  const perform = async (operation: Operation) => {
    try {
      return { gateway: id, result: await performOperation(inspection, operation) };
    } catch (error) {
      if (!isAppError(error) || !refusals.has(error.code)) throw error;
      return { gateway: id, refused: { code: error.code, message: error.message } };
    }
  };

  const answer = async (request: IncomingMessage) => {
    await checkCaller(request);
    const { from, operation } = parseRequest(await readBody(request));
    return from === id ? { gateway: id, self: true } : perform(operation);
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request).then(
      (said) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)),
      (thrown: unknown) => {
        const error = toAppError(thrown);
        if (error.kind === 'internal') deps.onInternal(error);
        const { status, headers, body } = toProblem(error, '');
        response.writeHead(status, [...headers, 'Connection', 'close']).end(body);
      },
    );
  };
};

const parseRequest = (text: string): z.output<typeof requestSchema> => {
  try {
    return requestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw gatewayError('malformed_request', { message: 'This is no operation of a gateway.', cause });
  }
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) throw gatewayError('payload_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};
