import * as z from 'zod';
import { defineRoutes } from '../route.ts';

export const documentationRoutes = defineRoutes<'documentation'>()({
  getOpenApi: {
    summary: 'Read this document',
    status: 200,
    answer: z.looseObject({ openapi: z.string() }).meta({ description: 'An OpenAPI 3.1 document.' }),
    problems: [],
  },
  getDocumentation: {
    summary: 'See this document as a page',
    status: 200,
    answer: z.string().meta({ description: 'A page that shows this document.' }),
    problems: [],
  },
});
