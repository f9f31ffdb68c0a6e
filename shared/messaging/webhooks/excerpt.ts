/** The first words of what a receiver answered, fit to be kept and shown: one line, and no secret, even when it repeats ours. */

const excerptLengthMax = 200;

/** By their forms, besides the ones that are known: signing secrets, signatures, keys, and what stands behind `Bearer`. */
const secretForms = [
  /\bwh(?:sec|sk)_(?:[\w+/=-]|\\\/|%2[bBfF]|%3[dD])*/g,
  /\bv1a?,[\w+/=\\-]+/g,
  /\b(?:sk|rk|pk)_\w+/g,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]+/gi,
];

/** A secret as it may be written: with and without its prefix, in JSON with slashes escaped, and in a URL. */
function writings(secret: string): readonly string[] {
  const bare = secret.replace(/^whsec_/, '');
  const forms = [bare, bare.replaceAll('/', '\\/'), encodeURIComponent(bare), bare.replace(/=+$/, '')];
  return [secret, ...forms, bare.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')];
}

export function excerptOf(text: string, secrets: readonly string[]): string | null {
  const known = secrets
    .filter((secret) => secret !== '')
    .flatMap(writings)
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  const shown = secretForms
    .reduce((rest, form) => rest.replace(form, '…'), known)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s\ufffd]+/gu, ' ')
    .trim();
  return shown === '' ? null : [...shown].slice(0, excerptLengthMax).join('');
}
