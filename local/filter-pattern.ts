/**
 * The part of Lambda's event filtering that this project uses: lists of allowed values, `prefix`, `exists` and
 * `anything-but`. Any other operator is refused by name.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 */
export type Filter = (record: unknown) => boolean;

type Rule = (value: unknown) => boolean;
const missing = Symbol('missing');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value);

export const compileFilters = (patterns: readonly string[], where: string): Filter => {
  if (patterns.length === 0) return () => true;
  const filters = patterns.map((pattern) => compileNode(JSON.parse(pattern), where));
  return (record) => filters.some((filter) => filter(record));
};

const compileNode = (pattern: unknown, where: string): Rule => {
  if (Array.isArray(pattern)) {
    const rules = pattern.map((rule) => compileRule(rule, where));
    return (value) => rules.some((rule) => rule(value));
  }
  if (!isRecord(pattern)) throw new Error(`${where}: a filter's value must be a list, not ${JSON.stringify(pattern)}.`);
  const fields = Object.entries(pattern).map(([name, inner]) => {
    if (name.startsWith('$')) throw new Error(`${where} uses the filter operator ${name}, which is not known here.`);
    return [name, compileNode(inner, where)] as const;
  });
  return (value) =>
    fields.every(([name, rule]) => rule(isRecord(value) && Object.hasOwn(value, name) ? value[name] : missing));
};

const compileRule = (rule: unknown, where: string): Rule => {
  if (isScalar(rule)) return (value) => value === rule;
  if (!isRecord(rule)) throw new Error(`${where}: ${JSON.stringify(rule)} is not a filter rule.`);
  const [[operator, operand] = ['nothing', undefined], ...others] = Object.entries(rule);
  if (others.length > 0)
    throw new Error(`${where}: a filter rule has one operator, not ${Object.keys(rule).join(', ')}.`);
  if (operator === 'prefix' && typeof operand === 'string') {
    return (value) => typeof value === 'string' && value.startsWith(operand);
  }
  if (operator === 'exists' && typeof operand === 'boolean') {
    // Only leaves exist: an object at this place does not count.
    return (value) => (value !== missing && !isRecord(value)) === operand;
  }
  if (operator === 'anything-but') {
    const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    if (excluded.every(isScalar)) return (value) => value !== missing && !excluded.includes(value);
  }
  throw new Error(
    `${where} uses the filter operator ${operator} with ${JSON.stringify(operand)}, which is not known here.`,
  );
};
