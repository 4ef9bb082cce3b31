import { id, money, orderItem } from '@gatehouse/contracts';
import { pageQuery } from '@gatehouse/service-kit';
import { z } from 'zod';
import { lineLimit, quantityLimit } from '../order/order.ts';

const quantity = z.int().min(1).max(quantityLimit);

export const newItem = z.strictObject({ productId: id, quantity });

export const newOrder = z.strictObject({
  items: z
    .array(newItem)
    .max(lineLimit)
    .default([])
    .check(({ value, issues }) => {
      value.forEach(({ productId }, index) => {
        if (value.findIndex((other) => other.productId === productId) === index) return;
        issues.push({
          code: 'custom',
          message: 'This product is listed already.',
          path: [index, 'productId'],
          input: value,
        });
      });
    }),
});

export const newQuantity = z.strictObject({ quantity });

const orderStatus = z.enum(['draft', 'confirming', 'confirmed', 'rejected', 'cancelled']);
const version = z.coerce.number().int().min(1).max(2_147_483_647);

export const orderQuery = z
  .strictObject({ waitForVersion: version.optional(), asOfVersion: version.optional() })
  .refine(({ waitForVersion, asOfVersion }) => waitForVersion === undefined || asOfVersion === undefined, {
    path: ['asOfVersion'],
    message: 'Not together with waitForVersion.',
  });

export const ordersQuery = z.strictObject({ ...pageQuery, status: orderStatus.optional() });

export const eventsQuery = z.strictObject({
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(100).default(100),
});

export const orderReply = z.object({
  id,
  customerId: id,
  items: z.array(orderItem),
  status: orderStatus,
  version: z.int(),
  totalAmount: money.nullable(),
  createdAt: z.iso.datetime(),
  confirmedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable().meta({ description: 'Why it was rejected or cancelled: a code.' }),
});

export const orderEventReply = z.object({
  id,
  version: z.int(),
  type: z.string(),
  time: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
  correlationId: z.string().nullable(),
});
