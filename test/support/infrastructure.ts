/** The synthesized templates, without bundling, as the sentences in `test/infra` read them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../../infra/build-app.ts';
import { functionEntries } from '../../infra/function-bundles.ts';

export type Infrastructure = { readonly data: Template; readonly service: Template };

/** Synthesizes the whole app, cdk-nag included: a finding that nobody has answered throws here. */
export function synthesize(settings: Readonly<Record<string, string>> = {}): Infrastructure {
  return inTemporaryFolder((outdir) => {
    const { data, service } = buildApp({ outdir, settings: { bundling: 'stub', ...settings } });
    return { data: Template.fromStack(data), service: Template.fromStack(service) };
  });
}

export function inTemporaryFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'cloud-assembly-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resources of a type by their logical ids, reduced to their properties. */
export function resources(template: Template, type: string) {
  return Object.fromEntries(
    Object.entries(template.findResources(type)).map(([id, resource]) => [id, resource.Properties ?? {}]),
  );
}

export const functionNames = Object.keys(functionEntries);

/** The functions by their own names instead of their logical ids. */
export function functionsByName(template: Template) {
  return Object.fromEntries(
    Object.entries(resources(template, 'AWS::Lambda::Function')).map(([id, properties]) => [
      String(properties.Environment.Variables.POWERTOOLS_SERVICE_NAME),
      { id, ...properties },
    ]),
  );
}

export type Statement = {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: unknown;
};

/** Everything that a function is allowed to do, resources as text: `Ref`s and attributes by what they lead to. */
export function statementsOf(template: Template, functionName: string): readonly Statement[] {
  const role = functionsByName(template)[functionName]?.Role['Fn::GetAtt'][0];
  return Object.values(resources(template, 'AWS::IAM::Policy'))
    .filter((policy) => policy.Roles.some((attached: { Ref: string }) => attached.Ref === role))
    .flatMap((policy) => policy.PolicyDocument.Statement)
    .map((statement) => ({
      actions: [statement.Action].flat(),
      resources: [statement.Resource].flat().map(asText),
      ...(statement.Condition === undefined ? {} : { condition: statement.Condition }),
    }));
}

/** Shortens what leads to another resource, so that tests can compare it: `{Table.Arn}/index/GSI6`, `{DueWorkQueue.Arn}`. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if ('Ref' in value) return `{${withoutHash(String(value.Ref))}}`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) {
    const [id, attribute] = value['Fn::GetAtt'];
    return `{${withoutHash(String(id))}.${attribute}}`;
  }
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map(asText).join(separator);
  }
  if ('Fn::ImportValue' in value) {
    const [, kind, name] = /ExportsOutput(FnGetAtt|Ref)(.+)$/.exec(String(value['Fn::ImportValue'])) ?? [];
    return kind === 'Ref'
      ? `{${withoutHash(String(name).slice(0, -8))}}`
      : `{${String(name).replace(/^(\w+?)[0-9A-F]{8}(\w+)[0-9A-F]{8}$/, '$1.$2')}}`;
  }
  return JSON.stringify(value);
}

/** Logical ids end in eight characters that make them unique and say nothing. */
function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** For comparing what has no order. */
export function sorted(texts: Iterable<string | undefined>): string[] {
  return [...texts].map(String).sort((left, right) => left.localeCompare(right, 'en'));
}
