import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * Reads a synthesized CDK app and resolves the intrinsics in it. Whatever is not known here is refused by name: a template
 * that runs differently on this machine than on AWS is worse than one that does not run.
 */

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});

const Template = z.object({
  Resources: z.record(z.string(), Resource).default({}),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
});

export type Stack = z.infer<typeof Template> & {
  readonly name: string;
  /** Folders of the assets by the key that they would have in the bucket. */
  readonly assets: ReadonlyMap<string, string>;
};

const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

const Assets = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

export const readStacks = (assemblyFolder: string): readonly Stack[] => {
  const manifestPath = join(assemblyFolder, 'manifest.json');
  if (!existsSync(manifestPath)) throw new Error(`${assemblyFolder} holds no synthesized app. Run "npx cdk synth".`);
  const artifacts = Object.entries(Manifest.parse(readJson(manifestPath)).artifacts);
  const assets = new Map<string, string>();
  for (const [, { type, properties }] of artifacts) {
    if (type !== 'cdk:asset-manifest') continue;
    const { files } = Assets.parse(readJson(join(assemblyFolder, String(properties.file))));
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(assemblyFolder, source.path));
    }
  }
  return artifacts
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, { properties }]) => ({
      ...Template.parse(readJson(join(assemblyFolder, String(properties.templateFile)))),
      name: typeof properties.stackName === 'string' ? properties.stackName : id,
      assets,
    }));
};

export type Place = { readonly region: string; readonly accountId: string };

/** What `Ref` and `Fn::GetAtt` answer for a resource; `undefined` for an attribute that the type does not have. */
export type ResourceFacts = { readonly ref: string; attribute(name: string): string | undefined };

export type Resolver = {
  /** The value without intrinsics. `undefined` stands for AWS::NoValue. */
  resolve(stack: Stack, value: unknown, where: string): unknown;
  /** Whether the resource exists, by its condition. */
  exists(stack: Stack, logicalId: string): boolean;
};

export type FactsOf = (stack: Stack, logicalId: string, resolver: Resolver) => ResourceFacts;

export const createResolver = (stacks: readonly Stack[], place: Place, factsOf: FactsOf): Resolver => {
  const pseudoParameters: Readonly<Record<string, (stack: Stack) => string | readonly string[] | undefined>> = {
    'AWS::Region': () => place.region,
    'AWS::AccountId': () => place.accountId,
    'AWS::Partition': () => 'aws',
    'AWS::URLSuffix': () => 'amazonaws.com',
    'AWS::StackName': (stack) => stack.name,
    'AWS::StackId': (stack) => `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${stack.name}/local`,
    'AWS::NotificationARNs': () => [],
    'AWS::NoValue': () => undefined,
  };

  const reference = (stack: Stack, name: string, where: string): unknown => {
    const pseudo = pseudoParameters[name];
    if (pseudo !== undefined) return pseudo(stack);
    if (name.startsWith('AWS::'))
      throw new Error(`${where} uses the pseudo parameter ${name}, which is not known here.`);
    const parameter = stack.Parameters[name];
    if (parameter !== undefined) {
      if (parameter.Default === undefined)
        throw new Error(`${where} needs the parameter ${name}, which has no default.`);
      return parameter.Default;
    }
    if (stack.Resources[name] === undefined)
      throw new Error(`${where} refers to ${name}, which ${stack.name} does not have.`);
    return factsOf(stack, name, resolver).ref;
  };

  const attribute = (stack: Stack, logicalId: string, name: string, where: string): string => {
    const resource = stack.Resources[logicalId];
    if (resource === undefined) throw new Error(`${where} refers to ${logicalId}, which ${stack.name} does not have.`);
    const value = factsOf(stack, logicalId, resolver).attribute(name);
    if (value === undefined)
      throw new Error(`${where} asks ${logicalId} (${resource.Type}) for ${name}, which is not known here.`);
    return value;
  };

  const imported = (exportName: string, where: string): unknown => {
    for (const stack of stacks) {
      for (const [id, { Value, Export }] of Object.entries(stack.Outputs)) {
        if (Export === undefined) continue;
        const name = resolver.resolve(stack, Export.Name, `${stack.name} output ${id}`);
        if (name === exportName) return resolver.resolve(stack, Value, `${stack.name} output ${id}`);
      }
    }
    throw new Error(`${where} imports ${exportName}, which no stack of this app exports.`);
  };

  const stackOutput = (stackName: string, outputName: string, where: string): unknown => {
    const stack = stacks.find(({ name }) => name === stackName);
    const output = stack?.Outputs[outputName];
    if (stack === undefined || output === undefined) {
      throw new Error(`${where} reads the output ${outputName} of ${stackName}, which this app does not have.`);
    }
    return resolver.resolve(stack, output.Value, `${stackName} output ${outputName}`);
  };

  const substitute = (stack: Stack, text: string, variables: Record<string, unknown>, where: string): string =>
    text.replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return asText(variables[name], where);
      const [logicalId = '', ...path] = name.trim().split('.');
      return path.length === 0
        ? asText(reference(stack, logicalId, where), where)
        : attribute(stack, logicalId, path.join('.'), where);
    });

  const condition = (stack: Stack, name: string, where: string): boolean => {
    if (!Object.hasOwn(stack.Conditions, name))
      throw new Error(`${where} uses the condition ${name}, which ${stack.name} does not have.`);
    return asBoolean(resolver.resolve(stack, stack.Conditions[name], `${stack.name} condition ${name}`), where);
  };

  type Intrinsic = (stack: Stack, parameters: unknown, where: string) => unknown;
  const list = (stack: Stack, value: unknown, where: string): unknown[] =>
    asList(resolver.resolve(stack, value, where), where);

  const intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (stack, name, where) => reference(stack, asText(name, where), where),
    Condition: (stack, name, where) => condition(stack, asText(name, where), where),
    'Fn::GetAtt': (stack, parameters, where) => {
      const [logicalId, ...path] =
        typeof parameters === 'string' ? parameters.split('.') : list(stack, parameters, where);
      return attribute(stack, asText(logicalId, where), path.map((part) => asText(part, where)).join('.'), where);
    },
    'Fn::Join': (stack, parameters, where) => {
      const [separator, parts] = list(stack, parameters, where);
      return asList(parts, where)
        .map((part) => asText(part, where))
        .join(asText(separator, where));
    },
    'Fn::Sub': (stack, parameters, where) => {
      const [text, variables] = typeof parameters === 'string' ? [parameters, {}] : asList(parameters, where);
      const resolved = resolver.resolve(stack, variables, where);
      return substitute(stack, asText(text, where), isRecord(resolved) ? resolved : {}, where);
    },
    'Fn::Select': (stack, parameters, where) => {
      const [index, values] = list(stack, parameters, where);
      const chosen = asList(values, where)[Number(index)];
      if (chosen === undefined) throw new Error(`${where} selects element ${String(index)}, which is not there.`);
      return chosen;
    },
    'Fn::Split': (stack, parameters, where) => {
      const [separator, text] = list(stack, parameters, where);
      return asText(text, where).split(asText(separator, where));
    },
    'Fn::ImportValue': (stack, name, where) => imported(asText(resolver.resolve(stack, name, where), where), where),
    'Fn::GetStackOutput': (stack, parameters, where) => {
      const resolved = resolver.resolve(stack, parameters, where);
      if (!isRecord(resolved)) throw new Error(`${where} has a malformed Fn::GetStackOutput.`);
      return stackOutput(asText(resolved.StackName, where), asText(resolved.OutputName, where), where);
    },
    'Fn::FindInMap': (stack, parameters, where) => {
      const [map, first, second] = list(stack, parameters, where).map((part) => asText(part, where));
      const found = stack.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined)
        throw new Error(`${where} looks up ${map}.${first}.${second}, which ${stack.name} does not have.`);
      return found;
    },
    // Only the branch that is chosen is resolved: the other may refer to what does not exist.
    'Fn::If': (stack, parameters, where) => {
      const [name, whenTrue, whenFalse] = asList(parameters, where);
      return resolver.resolve(stack, condition(stack, asText(name, where), where) ? whenTrue : whenFalse, where);
    },
    'Fn::Equals': (stack, parameters, where) => {
      const [left, right] = list(stack, parameters, where);
      return JSON.stringify(left) === JSON.stringify(right);
    },
    'Fn::Not': (stack, parameters, where) => !asBoolean(list(stack, parameters, where)[0], where),
    'Fn::And': (stack, parameters, where) => list(stack, parameters, where).every((part) => asBoolean(part, where)),
    'Fn::Or': (stack, parameters, where) => list(stack, parameters, where).some((part) => asBoolean(part, where)),
  };

  const resolver: Resolver = {
    resolve: (stack, value, where) => {
      if (Array.isArray(value)) {
        return value.map((item) => resolver.resolve(stack, item, where)).filter((item) => item !== undefined);
      }
      if (!isRecord(value)) return value;
      const [key, ...others] = Object.keys(value);
      if (
        key !== undefined &&
        others.length === 0 &&
        (key === 'Ref' || key.startsWith('Fn::') || isCondition(key, value))
      ) {
        const intrinsic = intrinsics[key];
        if (intrinsic === undefined) throw new Error(`${where} uses the intrinsic ${key}, which is not known here.`);
        return intrinsic(stack, value[key], where);
      }
      const resolved = Object.entries(value).map(
        ([name, item]) => [name, resolver.resolve(stack, item, where)] as const,
      );
      return Object.fromEntries(resolved.filter(([, item]) => item !== undefined));
    },
    exists: (stack, logicalId) => {
      const name = stack.Resources[logicalId]?.Condition;
      return name === undefined || condition(stack, name, `${stack.name}/${logicalId}`);
    },
  };
  return resolver;
};

/** `Condition` is an intrinsic inside conditions, and a plain key in policies, where its value is never a text. */
const isCondition = (key: string, value: Record<string, unknown>): boolean =>
  key === 'Condition' && typeof value[key] === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asText = (value: unknown, where: string): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${where} has ${JSON.stringify(value)} where a text belongs.`);
};

const asList = (value: unknown, where: string): unknown[] => {
  if (Array.isArray(value)) return value;
  throw new Error(`${where} has ${JSON.stringify(value)} where a list belongs.`);
};

const asBoolean = (value: unknown, where: string): boolean => {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`${where} has ${JSON.stringify(value)} where a condition belongs.`);
};
