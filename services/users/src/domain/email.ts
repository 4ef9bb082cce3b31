/** RFC 5321 §4.5.3.1: the longest path, without its angle brackets. */
const longestAddress = 254;
const longestLocalPart = 64;

/** Dot-atoms of RFC 5322 and host names of at least two labels: what mail servers take in practice. Linear in its input. */
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * An address as it is kept and compared: trimmed and in lower case, the local part too. The standard lets
 * `Ann@` and `ann@` be two people; no provider does, and one person with two accounts is the likelier harm.
 */
export const normaliseEmail = (text: string): string => text.trim().toLowerCase();

/** What is wrong with a normalised address, or undefined. */
export const emailFault = (email: string): string | undefined =>
  email.length <= longestAddress && isAddress(email) ? undefined : 'Not an e-mail address.';

const isAddress = (email: string): boolean => {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, Math.max(at, 0));
  const labels = email.slice(at + 1).split('.');
  return (
    local.length <= longestLocalPart &&
    localPart.test(local) &&
    labels.length >= 2 &&
    labels.every((label) => domainLabel.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? '')
  );
};
