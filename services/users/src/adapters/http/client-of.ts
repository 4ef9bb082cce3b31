/** Where a request comes from, as far as anyone knows. */
export type Client = Readonly<{ address: string | undefined; userAgent: string | undefined }>;

/** What the kit says of the client; it alone knows which forwarding headers to believe. */
export const clientOf = (input: object): Client => {
  const { client = {} } = input as { client?: Partial<Client> };
  return { address: client.address, userAgent: client.userAgent };
};
