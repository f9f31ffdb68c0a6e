import { describe, expect, test } from '@jest/globals';
import { compileFilters } from '../../local/filter-pattern.ts';
import { createRouteTable } from '../../local/routes.ts';
import { parseScheduleExpression } from '../../local/schedule-expression.ts';

describe('routes', () => {
  const keys = [
    '$default',
    'ANY /{proxy+}',
    'GET /pets/{proxy+}',
    'ANY /pets/dog/1',
    'GET /pets/dog/1',
    'GET /pets/dog/{id}',
    'GET /pets/{kind}/1',
    'POST /pets/{kind}/{id}/feed',
  ];
  const table = createRouteTable(keys.map((key) => ({ key, functionName: 'any', authorizer: undefined })));

  test.each<[string, string, string, Record<string, string>]>([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', {}],
    ['PUT', '/pets/dog/1', 'ANY /pets/dog/1', {}],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{kind}/1', { kind: 'cat' }],
    ['GET', '/pets/cat/2', 'GET /pets/{proxy+}', { proxy: 'cat/2' }],
    ['POST', '/pets/cat/2/feed', 'POST /pets/{kind}/{id}/feed', { kind: 'cat', id: '2' }],
    ['POST', '/pets/cat//feed', 'ANY /{proxy+}', { proxy: 'pets/cat//feed' }],
    ['GET', '/pets/dog/', 'GET /pets/{proxy+}', { proxy: 'dog/' }],
    ['GET', '/', '$default', {}],
  ])('%s %s goes to %s', (method, path, key, parameters) => {
    const match = table.match(method, path);
    expect([match?.route.key, match?.parameters]).toEqual([key, parameters]);
  });

  test('without a default route what nobody serves is not found', () => {
    const one = createRouteTable([{ key: 'GET /a', functionName: 'any', authorizer: undefined }]);
    expect([one.match('GET', '/b'), one.match('POST', '/a'), one.match('GET', '/a/')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('schedule expressions', () => {
  const following = (text: string, after: string, count = 1): string[] => {
    const expression = parseScheduleExpression(text);
    let at = Date.parse(after);
    return Array.from({ length: count }, () => {
      at = expression.next(at) ?? Number.NaN;
      return new Date(at).toISOString().replace(':00.000Z', 'Z');
    });
  };

  test.each<[string, string, string[]]>([
    ['rate(10 minutes)', '2026-03-01T10:03:00Z', ['2026-03-01T10:10Z', '2026-03-01T10:20Z']],
    ['rate(1 minute)', '2026-03-01T10:03:59.999Z', ['2026-03-01T10:04Z']],
    ['rate(1 hour)', '2026-03-01T10:00:00Z', ['2026-03-01T11:00Z', '2026-03-01T12:00Z']],
    ['rate(1 day)', '2026-03-01T10:00:00Z', ['2026-03-02T00:00Z']],
    ['cron(0/15 * * * ? *)', '2026-03-01T10:15:00Z', ['2026-03-01T10:30Z', '2026-03-01T10:45Z', '2026-03-01T11:00Z']],
    ['cron(30 6 ? * MON-FRI *)', '2026-03-06T06:30:00Z', ['2026-03-09T06:30Z']],
    ['cron(0 9 ? * 1,7 *)', '2026-03-06T00:00:00Z', ['2026-03-07T09:00Z', '2026-03-08T09:00Z', '2026-03-14T09:00Z']],
    ['cron(0 0 29 FEB ? *)', '2026-03-01T00:00:00Z', ['2028-02-29T00:00Z']],
    [
      'cron(5,35 8-9 1 JAN,JUL ? 2027)',
      '2026-03-01T00:00:00Z',
      ['2027-01-01T08:05Z', '2027-01-01T08:35Z', '2027-01-01T09:05Z'],
    ],
  ])('%s after %s', (text, after, expected) => {
    expect(following(text, after, expected.length)).toEqual(expected);
  });

  test('a year that has passed never comes again', () => {
    expect(parseScheduleExpression('cron(0 0 1 1 ? 2020)').next(Date.parse('2026-01-01'))).toBeUndefined();
  });

  test.each([
    'every hour',
    'rate(0 minutes)',
    'rate(1 week)',
    'cron(0 0 * * *)',
    'cron(0 0 * * * *)',
    'cron(0 0 L * ? *)',
    'cron(0 0 15W * ? *)',
    'cron(0 0 ? * 6#3 *)',
    'cron(60 0 * * ? *)',
    'cron(30-10 0 * * ? *)',
  ])('%s is refused', (text) => {
    expect(() => parseScheduleExpression(text)).toThrow();
  });
});

describe('event filters', () => {
  const image = (fields: object) => ({ eventName: 'INSERT', dynamodb: { NewImage: fields } });
  const matches = (pattern: object, record: object) => compileFilters([JSON.stringify(pattern)], 'Mapping')(record);

  test.each<[string, object, object, boolean]>([
    ['one of the values', { eventName: ['MODIFY', 'INSERT'] }, image({}), true],
    ['none of the values', { eventName: ['REMOVE'] }, image({}), false],
    [
      'a prefix',
      { dynamodb: { NewImage: { SK: { S: [{ prefix: 'EVENT#' }] } } } },
      image({ SK: { S: 'EVENT#1' } }),
      true,
    ],
    [
      'no such prefix',
      { dynamodb: { NewImage: { SK: { S: [{ prefix: 'EVENT#' }] } } } },
      image({ SK: { S: 'INTENT' } }),
      false,
    ],
    [
      'a field that is there',
      { dynamodb: { NewImage: { a: { S: [{ exists: true }] } } } },
      image({ a: { S: '' } }),
      true,
    ],
    ['a field that is not there', { dynamodb: { NewImage: { a: { S: [{ exists: false }] } } } }, image({}), true],
    ['anything but', { eventName: [{ 'anything-but': ['REMOVE'] }] }, image({}), true],
    ['anything but this', { eventName: [{ 'anything-but': 'INSERT' }] }, image({}), false],
    ['anything but, of what is missing', { nobody: [{ 'anything-but': 'x' }] }, image({}), false],
    ['null and numbers', { a: [null, 3] }, { a: null }, true],
    ['two fields at once', { eventName: ['INSERT'], nobody: ['x'] }, image({}), false],
  ])('%s', (_name, pattern, record, expected) => {
    expect(matches(pattern, record)).toBe(expected);
  });

  test('one of several filters is enough, and none lets everything through', () => {
    expect(compileFilters(['{"a":[1]}', '{"a":[2]}'], 'Mapping')({ a: 2 })).toBe(true);
    expect(compileFilters([], 'Mapping')({})).toBe(true);
  });

  test.each([
    { a: [{ suffix: 'x' }] },
    { a: [{ numeric: ['>', 1] }] },
    { $or: [{ a: [1] }] },
    { a: 'x' },
    { a: [{ 'anything-but': { prefix: 'x' } }] },
  ])('%j is refused', (pattern) => {
    expect(() => matches(pattern, {})).toThrow('Mapping');
  });
});
