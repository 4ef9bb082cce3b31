import type { Mail } from '../ports.ts';

export type Paragraph = string | Readonly<{ link: string; label: string }>;

/** A mail in both forms from one list of paragraphs; everything in it is text, so what people wrote stays text. */
export const composeMail = (to: string, subject: string, paragraphs: readonly Paragraph[]): Mail => ({
  to,
  // No line breaks: what follows one would be read as a header.
  subject: subject.replaceAll(/[\r\n]+/g, ' '),
  text: `${paragraphs.map(toText).join('\n\n')}\n`,
  html: `<!doctype html><html><body>${paragraphs.map(toHtml).join('')}</body></html>`,
  links: paragraphs.filter((paragraph) => typeof paragraph !== 'string').map(({ link }) => link),
});

const toText = (paragraph: Paragraph): string =>
  typeof paragraph === 'string' ? paragraph : `${paragraph.label}: ${paragraph.link}`;

const toHtml = (paragraph: Paragraph): string =>
  typeof paragraph === 'string'
    ? `<p>${escaped(paragraph)}</p>`
    : `<p><a href="${escaped(paragraph.link)}">${escaped(paragraph.label)}</a></p>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
