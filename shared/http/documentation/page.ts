/**
 * The page that shows the API document: one self-contained HTML document, made once per cold start, without scripts and
 * without anything from elsewhere. Operations fold; a link to one opens it.
 */
import { createHash } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const object = (value: unknown): Json => (isObject(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const words = (value: unknown): string => (typeof value === 'string' ? value : '');

/** HTML that was built here; everything else that is put into a page is text, and is escaped. */
class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

type Part = string | number | Markup | readonly Markup[];

const written = (part: Part): string =>
  part instanceof Markup ? part.html : Array.isArray(part) ? part.map(written).join('') : escaped(String(part));

const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(String.raw({ raw: texts }, ...parts.map(written)));

const nothing = new Markup('');

/** The little of Markdown that descriptions use: paragraphs, lists, `code` and **strong**. */
function prose(text: string): Markup {
  const blocks = text.split('\n\n').filter((block) => block !== '');
  return new Markup(
    blocks
      .map((block) =>
        block.startsWith('- ')
          ? `<ul>${block
              .split('\n')
              .map((line) => `<li>${inline(line.slice(2))}</li>`)
              .join('')}</ul>`
          : `<p>${inline(block)}</p>`,
      )
      .join(''),
  );
}

const inline = (text: string): string =>
  escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

const schemaLink = (name: string): Markup => html`<a href="#schema-${name}"><code>${name}</code></a>`;

/** A schema in a few words, with links to those that have a name. */
function typeOf(schema: unknown): Markup {
  const node = object(schema);
  if (typeof node.$ref === 'string') {
    return schemaLink(nameOf(node.$ref));
  }
  const either = [...list(node.oneOf), ...list(node.anyOf)];
  if (either.length > 0) {
    return joined(either.map(typeOf), ' or ');
  }
  if (node.type === 'array') {
    return html`list of ${typeOf(node.items)}`;
  }
  if (Array.isArray(node.enum)) {
    return joined(
      node.enum.map((value) => html`<code>${String(value)}</code>`),
      ' | ',
    );
  }
  return 'const' in node
    ? html`<code>${JSON.stringify(node.const)}</code>`
    : html`${list(node.type).map(String).join(' or ') || words(node.type) || 'anything'}`;
}

function joined(parts: readonly Markup[], separator: string): Markup {
  return new Markup(parts.map(({ html: part }) => part).join(separator));
}

/** Bounds, as far as a reader needs them. */
function boundsOf(schema: unknown): string {
  const node = object(schema);
  const known: readonly (readonly [string, string])[] = [
    ['minimum', 'at least'],
    ['maximum', 'at most'],
    ['minLength', 'characters, at least'],
    ['maxLength', 'characters, at most'],
    ['minItems', 'entries, at least'],
    ['maxItems', 'entries, at most'],
    ['default', 'default'],
  ];
  return known
    .filter(([keyword]) => node[keyword] !== undefined && Math.abs(Number(node[keyword])) !== Number.MAX_SAFE_INTEGER)
    .map(([keyword, label]) => `${label} ${JSON.stringify(node[keyword])}`)
    .join('; ');
}

type Row = { readonly name: string; readonly schema: unknown; readonly required: boolean; readonly about: string };

function table(caption: string, rows: readonly Row[]): Markup {
  return rows.length === 0
    ? nothing
    : html`<div class="wide" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>`;
}

function row({ name, schema, required, about }: Row): Markup {
  const bounds = boundsOf(schema);
  return html`<tr><th scope="row"><code>${name}</code>${required ? html` <span class="needed">required</span>` : nothing}</th>
<td>${typeOf(schema)}</td><td>${prose(about)}${bounds === '' ? nothing : html`<p class="bounds">${bounds}</p>`}</td></tr>`;
}

function fieldRows(schema: Json): readonly Row[] {
  const required = list(schema.required);
  return Object.entries(object(schema.properties)).map(([name, field]) => ({
    name,
    schema: field,
    required: required.includes(name),
    about: words(object(field).description),
  }));
}

function example(schema: Json): Markup {
  const [first] = list(schema.examples);
  return isObject(first) ? html`<p>Example</p><pre><code>${JSON.stringify(first, null, 2)}</code></pre>` : nothing;
}

/** Follows a reference to the component that it names. */
function resolved(document: Json, node: unknown): Json {
  const reference = object(node).$ref;
  return typeof reference === 'string'
    ? reference
        .replace('#/', '')
        .split('/')
        .reduce<Json>((inner, part) => object(inner[part]), document)
    : object(node);
}

function operationView(document: Json, path: string, method: string, operation: Json): Markup {
  const id = words(operation.operationId);
  const parameters = list(operation.parameters).map((parameter) => resolved(document, parameter));
  const [content] = Object.values(object(object(operation.requestBody).content));
  const body = resolved(document, object(content).schema);
  return html`<details><summary><h3><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></h3>
<span class="summary">${words(operation.summary)}</span></summary>
<div class="operation" id="${id}">${prose(words(operation.description))}
${table(
  'Parameters',
  parameters.map((parameter) => ({
    name: words(parameter.name),
    schema: parameter.schema,
    required: parameter.required === true,
    about: words(parameter.description) || words(object(parameter.schema).description),
  })),
)}
${table('Body', fieldRows(body))}${list(body.oneOf).map((one, index) => table(`Body, kind ${index + 1}`, fieldRows(object(one))))}${example(body)}
<h4>Answers</h4><dl>${Object.entries(object(operation.responses)).map(([status, response]) =>
    answerView(status, resolved(document, response)),
  )}</dl></div></details>`;
}

function answerView(status: string, response: Json): Markup {
  const schemas = Object.values(object(response.content)).map((content) => object(content).schema);
  return html`<dt>${status}</dt><dd>${prose(words(response.description))}${schemas.length === 0 ? nothing : html`<p>${joined(schemas.map(typeOf), ', ')}</p>`}</dd>`;
}

function schemaView([name, schema]: readonly [string, unknown]): Markup {
  const node = object(schema);
  const kinds = [...list(node.oneOf), ...list(node.anyOf)].map(object);
  return html`<details><summary><h3><code>${name}</code></h3></summary>
<div id="schema-${name}">${prose(words(node.description))}
${node.properties === undefined ? html`<p>${typeOf(schema)} ${boundsOf(schema)}</p>` : table(name, fieldRows(node))}
${kinds.map((kind, index) => table(`${name}, kind ${index + 1}`, fieldRows(kind)))}${example(node)}</div></details>`;
}

const style = `:root{color-scheme:light dark;--line:light-dark(#d5d9e0,#3a4150);--soft:light-dark(#f4f6f9,#1c212b);--accent:light-dark(#0b57d0,#8ab4f8)}
*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;background:light-dark(#fff,#12161d);color:light-dark(#1b1f27,#e6e9ef)}
a{color:var(--accent)}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
h1{font-size:1.75rem;line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}h3{display:inline;font-size:1rem;font-weight:600}h4{margin:1rem 0 .25rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{overflow-x:auto;background:var(--soft);padding:.75rem;border-radius:.5rem}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0}summary{padding:.6rem .75rem;cursor:pointer}details>div{padding:0 .75rem .75rem}
details[open]>summary{background:var(--soft);border-radius:.5rem .5rem 0 0}.summary{display:block}
.method{display:inline-block;min-width:4.5rem;padding:0 .4rem;border-radius:.25rem;border:1px solid currentColor;text-align:center;font-size:.8rem}
.get{color:light-dark(#0b57d0,#8ab4f8)}.post{color:light-dark(#0a6b2d,#81c995)}.put,.patch{color:light-dark(#8a4b00,#fdd663)}.delete{color:light-dark(#b3261e,#f28b82)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.75rem 0}caption{text-align:start;font-weight:600}th,td{border:1px solid var(--line);padding:.35rem .5rem;text-align:start;vertical-align:top}
td p,dd p{margin:0}.bounds,.needed{font-size:.85rem;font-weight:400;color:light-dark(#5a6270,#a5adbb)}dt{font-weight:600;margin-top:.5rem}dd{margin-inline-start:1.5rem}nav ul{columns:18rem}`;

/** Nothing is fetched, nothing is run, and only this very style sheet applies. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export type DocumentationPage = { readonly html: string; readonly contentSecurityPolicy: string };

export function documentationPage(document: unknown): DocumentationPage {
  const root = object(document);
  const info = object(root.info);
  const operations = Object.entries(object(root.paths)).flatMap(([path, methods]) =>
    Object.entries(object(methods)).map(([method, operation]) => ({ path, method, operation: object(operation) })),
  );
  const sections = list(root.tags).map((tag) => {
    const name = words(object(tag).name);
    const own = operations.filter(({ operation }) => list(operation.tags).includes(name));
    return { name, about: words(object(tag).description), own };
  });
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${words(info.title)} – API</title><style>${new Markup(style)}</style></head>
<body><header><h1>${words(info.title)}</h1>${prose(words(info.description))}
<p>The same, for programs: <a href="openapi.json">openapi.json</a> (OpenAPI ${words(root.openapi)}).</p></header>
<nav aria-label="Operations">${sections.map(
    ({ name, own }) =>
      html`<h2>${name}</h2><ul>${own.map(
        ({ operation }) => html`<li><a href="#${words(operation.operationId)}">${words(operation.summary)}</a></li>`,
      )}</ul>`,
  )}</nav>
<main>${sections.map(
    ({ name, about, own }) => html`<section aria-label="${name}"><h2>${name}</h2>${prose(about)}
${own.map(({ path, method, operation }) => operationView(root, path, method, operation))}</section>`,
  )}
<section aria-label="Schemas"><h2>Schemas</h2>${Object.entries(object(object(root.components).schemas)).map(schemaView)}</section></main>
</body></html>`;
  return { html: page.html, contentSecurityPolicy };
}
