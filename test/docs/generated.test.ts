import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Command, commandNames, type Transition, transitions } from '../../shared/domain/lifecycle.ts';
import { statuses } from '../../shared/domain/payment-intent.ts';
import { problemCodes } from '../../shared/http/problems.ts';
import { bookEntries } from '../../shared/http/routes.ts';
import { generatedDocuments, narrowedArrows } from '../../tools/generated-documents.ts';

const documents = generatedDocuments();

test.each(Object.entries(documents))('docs/%s is what `npm run generate` writes', (name, contents) => {
  const committed = readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8');
  expect(committed === contents).toBe(true);
});

test('every problem has a section', () => {
  for (const code of problemCodes) {
    expect(documents['problems.md']).toContain(`\n## ${code}\n`);
  }
});

test('every state is in the diagram, and every command in the table', () => {
  const [diagram = ''] = /```mermaid[^`]+```/.exec(documents['lifecycle.md']) ?? [];
  for (const status of statuses) {
    expect(diagram).toMatch(new RegExp(`\\b${status}\\b`));
  }
  for (const command of commandNames) {
    expect(documents['lifecycle.md']).toContain(`| \`${command}\` |`);
  }
});

test('the diagram draws no arrow that the lifecycle does not have', () => {
  for (const [name, arrows] of Object.entries(narrowedArrows)) {
    const row: Transition = transitions[name as Command];
    for (const [from, to] of arrows) {
      expect([name, row.from.includes(from), row.to.includes(to)]).toEqual([name, true, true]);
    }
  }
});

test('every entry of the books has words', () => {
  const codes = Object.values<Transition>(transitions).flatMap(({ books }) => books ?? []);
  expect(codes.filter((code) => bookEntries[code] === undefined)).toEqual([]);
});
