/**
 * Bad requests, made from the API document: for each operation everything that its description does not allow, with the
 * problem that has to be answered. What the document says of an operation is all that is known of it here.
 */
import fc from 'fast-check';

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
};

export type Parameter = {
  readonly $ref?: string;
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
};

export type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
};

export type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** A value that is not allowed, with the place where it is wrong. */
export type BadValue = { readonly value: unknown; readonly pointer: string };

const ulid = '01JD8Z5YQW4K6M2N8P0R3T7V9X';
const idsOfAllKinds = ['acc', 'pi', 'evt', 'hold', 'sus', 'inv', 'con', 'pm'].map((kind) => `${kind}_${ulid}`);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export class BadRequests {
  private readonly document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  /** @returns what a reference names, or the node itself */
  resolved<Node extends { readonly $ref?: string }>(node: Node): Node {
    if (node.$ref === undefined) {
      return node;
    }
    const [, , kind = '', name = ''] = node.$ref.split('/');
    return this.document.components[kind]?.[name] as Node;
  }

  parametersOf(operation: Operation): readonly Parameter[] {
    return (operation.parameters ?? []).map((parameter) => this.resolved(parameter));
  }

  bodySchemaOf(operation: Operation): Schema | undefined {
    const schema = operation.requestBody?.content['application/json'].schema;
    return schema && this.resolved(schema);
  }

  /** Everything that one change can make wrong in a value that is allowed. */
  badValues(given: Schema, good: unknown, pointer = ''): fc.Arbitrary<BadValue> {
    return fc.oneof(...this.mutations(given, good, pointer));
  }

  private mutations(given: Schema, good: unknown, pointer: string): readonly fc.Arbitrary<BadValue>[] {
    const schema = this.branchFor(this.resolved(given), good);
    const wrongHere = this.wrongValues(this.resolved(given)).map((value) => ({ value, pointer }));
    const here = wrongHere.length === 0 ? [] : [fc.constantFrom(...wrongHere)];
    if (isObject(good) && schema.properties !== undefined) {
      return [...here, ...this.objectMutations(schema, good, pointer)];
    }
    if (Array.isArray(good) && schema.items !== undefined) {
      const { items } = schema;
      return [
        ...here,
        ...good.flatMap((item, index) =>
          this.mutations(items, item, `${pointer}/${index}`).map((bad) =>
            bad.map((wrong) => ({ ...wrong, value: good.with(index, wrong.value) })),
          ),
        ),
      ];
    }
    return here;
  }

  private objectMutations(
    schema: Schema,
    good: Readonly<Record<string, unknown>>,
    pointer: string,
  ): readonly fc.Arbitrary<BadValue>[] {
    const properties = schema.properties ?? {};
    const unknown = fc
      .constantFrom(
        'id',
        'status',
        'version',
        'admin',
        'userId',
        'Amount',
        '$ref',
        'x'.repeat(40),
        'ünknown',
        'n\ud800',
      )
      .filter((name) => !(name in properties))
      .map((name) => ({ value: { ...good, [name]: 1 }, pointer: `${pointer}/${name.toWellFormed()}` }));
    const missing = (schema.required ?? []).map((name) => {
      const { [name]: _gone, ...rest } = good;
      return fc.constant({ value: rest, pointer: `${pointer}/${name}` });
    });
    const inside = Object.entries(properties).flatMap(([name, property]) =>
      this.mutations(property, name in good ? good[name] : undefined, `${pointer}/${name}`).map((bad) =>
        bad.map((wrong) => ({ ...wrong, value: { ...good, [name]: wrong.value } })),
      ),
    );
    return [unknown, ...missing, ...inside];
  }

  /** Of several kinds, the one that a value is of. */
  private branchFor(schema: Schema, good: unknown): Schema {
    const branches = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map((branch) => this.resolved(branch));
    const fitting = branches.find((branch) =>
      isObject(good)
        ? Object.entries(branch.properties ?? {}).every(
            ([name, { const: constant, enum: values }]) =>
              (constant === undefined || good[name] === constant) &&
              (values === undefined || values.includes(good[name])),
          ) && branch.properties !== undefined
        : branch.type !== 'null',
    );
    return fitting ?? schema;
  }

  /** Values that a schema allows in none of its branches, whatever stands around them. */
  private wrongValues(schema: Schema): readonly unknown[] {
    const branches = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map((branch) => this.resolved(branch));
    if (branches.length > 0) {
      const [first, ...others] = branches.map((branch) => this.wrongValues(branch));
      const allowsNull = branches.some(({ type }) => type === 'null');
      return (first ?? []).filter(
        (value) => !(allowsNull && value === null) && others.every((wrong) => allowsNull || includes(wrong, value)),
      );
    }
    const otherTypes = valuesOfTypes
      .filter(([types]) => !types.includes(String(schema.type)))
      .map(([, value]) => value);
    switch (schema.type) {
      case 'integer':
        return [
          ...otherTypes,
          0.5,
          1e300,
          -1e300,
          ...(schema.minimum === undefined ? [] : [schema.minimum - 1, -999]),
          ...(schema.maximum === undefined ? [] : [schema.maximum + 1, Number.MAX_SAFE_INTEGER + 1]),
        ];
      case 'string':
        return [...otherTypes, ...wrongTexts(schema)];
      case 'array':
        return [
          ...otherTypes,
          ...(schema.minItems ? [[]] : []),
          ...(schema.maxItems === undefined ? [] : [Array.from({ length: schema.maxItems + 1 }, () => null)]),
        ];
      case 'object':
      case 'boolean':
        return otherTypes;
      default:
        return [];
    }
  }

  /** What a query or a path may not say, as text. */
  wrongTextsFor(parameter: Parameter): readonly string[] {
    const schema = this.resolved(parameter.schema);
    return schema.type === 'integer'
      ? ['', 'many', '1.5', '1e3', '0x10', ' 1', '-1', '99999999999999999999', String((schema.maximum ?? 0) + 1)]
      : wrongTexts(schema).filter((text) => text.isWellFormed() && (parameter.in === 'query' || text !== ''));
  }
}

const includes = (values: readonly unknown[], value: unknown): boolean =>
  values.some((one) => JSON.stringify(one) === JSON.stringify(value));

const valuesOfTypes: readonly (readonly [readonly string[], unknown])[] = [
  [['null'], null],
  [['boolean'], true],
  [['integer', 'number'], 7],
  [['string'], 'a text that is none'],
  [['array'], [1]],
  [['object'], { amount: 1 }],
];

/** Halves of surrogate pairs: in JSON they can be written, and no text of Unicode has them. */
export const illFormed = ['\ud800', '\udfff', 'https://hooks.example.org/\ud800', 'a\udc00\ud800'] as const;

function wrongTexts(schema: Schema): readonly string[] {
  const { pattern, format, minLength = 0, maxLength } = schema;
  const candidates = [
    '',
    '   ',
    'nonsense \u0000',
    'right\u202eleft',
    ...illFormed,
    '<script>',
    '../../etc/passwd',
    '%zz',
    "' OR 1=1 --",
    '2026-02-30',
    'yesterday',
    ...idsOfAllKinds,
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
  ];
  const isWrong = (text: string): boolean =>
    !text.isWellFormed() ||
    (schema.const !== undefined && text !== schema.const) ||
    (schema.enum !== undefined && !schema.enum.includes(text)) ||
    (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) ||
    text.trim().length < minLength ||
    (maxLength !== undefined && [...text].length > maxLength) ||
    // None of the candidates is a date, a moment or an e-mail address.
    format !== undefined;
  return candidates.filter(isWrong);
}
