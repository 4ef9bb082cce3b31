/**
 * This service's own copy of a person, kept from `user.*` events. `renames` counts how often the name that readers see
 * has changed here: it goes into the entity tag of the full view, which shows the name.
 */
export type Author = Readonly<{
  id: string;
  fullName: string | null;
  renames: number;
  deleted: boolean;
}>;
