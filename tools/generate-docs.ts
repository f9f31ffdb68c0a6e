/** Writes the documents that are printed from code: `npm run generate`. A test compares them with what would be written. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedDocuments } from './generated-documents.ts';

const folder = join(import.meta.dirname, '..', 'docs');
mkdirSync(folder, { recursive: true });
for (const [name, contents] of Object.entries(generatedDocuments())) {
  writeFileSync(join(folder, name), contents);
  process.stdout.write(`docs/${name}\n`);
}
