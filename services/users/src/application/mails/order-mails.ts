import type { User } from '../../domain/user.ts';
import type { Mail } from '../ports.ts';
import { composeMail } from './mail.ts';

export type Money = Readonly<{ amount: number; currency: string }>;

const money = ({ amount, currency }: Money): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};

const orderLink = (publicUrl: string, orderId: string) => ({
  label: 'Your order',
  link: `${publicUrl}/api/orders/${orderId}`,
});

export const orderConfirmedMail = (
  user: User,
  order: Readonly<{ orderId: string; totalAmount: Money }>,
  publicUrl: string,
): Mail =>
  composeMail(user.email, 'Your order is confirmed', [
    `Hello ${user.firstName},`,
    `your order over ${money(order.totalAmount)} is confirmed.`,
    orderLink(publicUrl, order.orderId),
  ]);

const reasons: Readonly<Record<string, string>> = { out_of_stock: 'not everything in it is in stock' };

export const orderRejectedMail = (
  user: User,
  order: Readonly<{ orderId: string; reason: string }>,
  publicUrl: string,
): Mail =>
  composeMail(user.email, 'Your order could not be confirmed', [
    `Hello ${user.firstName},`,
    `your order could not be confirmed: ${reasons[order.reason] ?? order.reason}.`,
    orderLink(publicUrl, order.orderId),
  ]);
