import type { EventDefinition } from './define-event.ts';
import { schemasOf } from './event-schemas.ts';

type Field = Readonly<{
  type?: string;
  format?: string;
  enum?: readonly string[];
  anyOf?: readonly Field[];
  items?: Field;
  properties?: Readonly<Record<string, Field>>;
  required?: readonly string[];
}>;

/** `docs/reference/events.md`, written from the catalogue. */
export const eventReference = (catalogue: readonly EventDefinition[]): string => {
  const schemas = schemasOf(catalogue) as Record<string, Field>;
  const sections = catalogue.map(({ type, routingKey, description }) =>
    [`## ${routingKey}`, '', description, '', `\`${type}\``, '', fieldTable(schemas[type] ?? {})].join('\n'),
  );
  return `${[introduction(), ...sections].join('\n\n')}\n`;
};

const introduction = (): string => `# Events

Every integration event of the house: all that the services know of each other. Written from \`packages/contracts\` by its
test (\`vitest run packages/contracts -u\`), which also refuses a change that is not an additional optional field. As an
AsyncAPI 3 document, made from the same contracts, the gateway has them at \`/asyncapi.json\`.

An event travels as a CloudEvents 1.0 envelope, structured JSON:

${envelopeTable()}

Subscriptions match the routing key, which is the heading of each section, with AMQP topic patterns: \`post.created\`,
\`post.*\`, \`#\`.`;

const envelopeTable = (): string =>
  table([
    ['attribute', 'what'],
    ['`specversion`', '`1.0`'],
    ['`id`', 'UUIDv7, fixed when the event is written; every repeat carries the same one'],
    ['`source`', '`gatehouse/<service>`'],
    ['`type`', '`gatehouse.<aggregate>.<past tense>.v<N>`'],
    ['`subject`', 'id of the aggregate; events of one subject arrive in order'],
    ['`time`', 'ISO 8601, UTC, milliseconds'],
    ['`datacontenttype`', '`application/json`'],
    ['`data`', 'as below; fields that a receiver does not know are to be ignored'],
    ['`correlationid`', 'the request that it all began with'],
    ['`causationid`', 'the event just before, if any'],
    ['`traceparent`', 'W3C trace context, if any'],
    ['`aggregateversion`', 'counts the changes of the subject, from 1'],
  ]);

const fieldTable = (schema: Field): string => {
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]): readonly [string, string] => [
    `\`${name}\``,
    `${typeOf(field)}${schema.required?.includes(name) ? '' : ', optional'}`,
  ]);
  return table([['field', 'type'], ...fields]);
};

/** As the formatter writes it: columns of one width. */
const table = (rows: readonly (readonly [string, string])[]): string => {
  const widths = [0, 1].map((column) => Math.max(3, ...rows.map((row) => String(row[column]).length)));
  const line = (cells: readonly string[], filler = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |`;
  const [header = ['', ''], ...body] = rows;
  return [line(header), line(['', ''], '-'), ...body.map((row) => line(row))].join('\n');
};

const typeOf = (field: Field): string => {
  if (field.anyOf) return field.anyOf.map(typeOf).join(' or ');
  if (field.enum) return field.enum.map((value) => `\`${value}\``).join(' or ');
  if (field.items) return `list of ${typeOf(field.items)}`;
  if (field.properties)
    return `{ ${Object.entries(field.properties)
      .map(([name, part]) => `\`${name}\`: ${typeOf(part)}`)
      .join(', ')} }`;
  return field.format ?? field.type ?? 'anything';
};
