/** Construct ids are PascalCase, everything that people see in a console is kebab-case or camelCase: this leads from one to the other. */
export function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase());
}
