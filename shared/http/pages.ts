/** Lists are read in pages, and figures as they are or were. */
import * as z from 'zod';
import { toBoundary, wholeNumber } from './fields.ts';

export const pageLimitDefault = 20;
export const pageLimitMax = 100;
const cursorLengthMax = 2000;

/** Every list is read in pages. */
export const page = {
  limit: wholeNumber(1, pageLimitMax, `How many to answer at most; ${pageLimitDefault} without it.`).optional(),
  cursor: z
    .string()
    .min(1)
    .max(cursorLengthMax)
    .optional()
    .meta({ description: 'The `nextCursor` of the page before, with everything else in the query as it was.' }),
};

export const Page = z.strictObject(page);

export const AtTime = z.strictObject({
  at: toBoundary('As it was then; as it is now without it.').optional(),
});

/** One page of a list, newest first unless its operation says otherwise. */
export const pageOf = <Item extends z.ZodType>(item: Item, id: string) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z
        .string()
        .nullable()
        .meta({ description: 'Send it as `cursor` to get the next page; null on the last one.' }),
    })
    .meta({ id, description: 'One page of a list.' });
