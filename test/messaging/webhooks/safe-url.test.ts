/** Where webhooks may go: what is said of the text, and what is said of the addresses that a name stands for. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkDestination,
  checkUrl,
  isPublicAddress,
  resolveByDns,
  type UrlRefusal,
} from '../../../shared/messaging/webhooks/safe-url.ts';

const strict = { allowsLoopbackHttp: false };
const local = { allowsLoopbackHttp: true };
const name = (length: number) => `${'a'.repeat(length)}.example.org`;

const allowed: readonly (readonly [given: string, kept: string])[] = [
  ['https://hooks.example.org', 'https://hooks.example.org/'],
  ['https://hooks.example.org/a/b?c=d&e=f', 'https://hooks.example.org/a/b?c=d&e=f'],
  ['HTTPS://Hooks.Example.ORG/Path', 'https://hooks.example.org/Path'],
  ['https://hooks.example.org:443/', 'https://hooks.example.org/'],
  ['https://hooks.example.org:8443/', 'https://hooks.example.org:8443/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://例え.jp/', 'https://xn--r8jz45g.jp/'],
  ['https://hooks。example。org/', 'https://hooks.example.org/'],
  ['https://hooks.example.org/user@host', 'https://hooks.example.org/user@host'],
  ['https://hooks.example.org/?to=a@b', 'https://hooks.example.org/?to=a@b'],
  ['https://127.0.0.1.example.org/', 'https://127.0.0.1.example.org/'],
  ['https://93.184.216.34/', 'https://93.184.216.34/'],
  ['https://0x5db8d822/', 'https://93.184.216.34/'],
  ['https://[2606:2800:220:1:248:1893:25c8:1946]/', 'https://[2606:2800:220:1:248:1893:25c8:1946]/'],
  [`https://${name(63)}/`, `https://${name(63)}/`],
];

const refused: readonly (readonly [url: string, refusal: UrlRefusal])[] = [
  // Not what a URL is.
  ['', 'not-a-url'],
  ['hooks.example.org', 'not-a-url'],
  ['//hooks.example.org', 'not-a-url'],
  ['https:hooks.example.org', 'not-a-url'],
  ['https:/hooks.example.org', 'not-a-url'],
  ['https://', 'not-a-url'],
  ['https:///hooks.example.org', 'not-a-url'],
  ['https:///user@10.0.0.1/', 'not-a-url'],
  ['https://?', 'not-a-url'],
  ['https://#', 'not-a-url'],
  ['https://exa mple.org/', 'not-a-url'],
  ['https://hooks.example.org/a b', 'not-a-url'],
  [' https://hooks.example.org', 'not-a-url'],
  ['https://hooks.exam\nple.org/', 'not-a-url'],
  ['https://hooks.example.org/\t', 'not-a-url'],
  ['https://hooks.example.org\\@10.0.0.1/', 'not-a-url'],
  ['https:\\\\hooks.example.org', 'not-a-url'],
  ['https://[::1', 'not-a-url'],
  ['https://[fe80::1%25eth0]/', 'not-a-url'],
  ['https://256.256.256.256/', 'not-a-url'],
  ['https://1.2.3.4.5/', 'not-a-url'],
  ['https://hooks.example.org:65536/', 'not-a-url'],
  [`https://hooks.example.org/${'a'.repeat(2048)}`, 'too-long'],
  [`https://hooks.example.org/${'é'.repeat(1000)}`, 'too-long'],
  // Other schemes.
  ['http://hooks.example.org/', 'not-https'],
  ['http://127.0.0.1:3000/', 'not-https'],
  ['ftp://hooks.example.org/', 'not-a-url'],
  ['file:///etc/passwd', 'not-a-url'],
  ['javascript:alert(1)', 'not-a-url'],
  ['data:text/plain,hello', 'not-a-url'],
  ['gopher://127.0.0.1:6379/_', 'not-a-url'],
  // Who asks, and parts that are not sent.
  ['https://user:password@hooks.example.org/', 'has-credentials'],
  ['https://user@hooks.example.org/', 'has-credentials'],
  ['https://@hooks.example.org/', 'has-credentials'],
  ['https://:@hooks.example.org/', 'has-credentials'],
  ['https://hooks.example.org@10.0.0.1/', 'has-credentials'],
  ['https://hooks.example.org%2f@10.0.0.1/', 'has-credentials'],
  ['https://hooks.example.org/#part', 'has-fragment'],
  ['https://hooks.example.org/#', 'has-fragment'],
  ['https://hooks.example.org#@10.0.0.1/', 'has-fragment'],
  // Ports.
  ['https://hooks.example.org:80/', 'port-not-allowed'],
  ['https://hooks.example.org:22/', 'port-not-allowed'],
  ['https://hooks.example.org:6379/', 'port-not-allowed'],
  ['https://hooks.example.org:0/', 'port-not-allowed'],
  // Names that are not public.
  ['https://localhost/', 'host-not-allowed'],
  ['https://localhost./', 'host-not-allowed'],
  ['https://intranet/', 'host-not-allowed'],
  ['https://api.localhost/', 'host-not-allowed'],
  ['https://printer.local/', 'host-not-allowed'],
  ['https://PRINTER.LOCAL/', 'host-not-allowed'],
  ['https://metadata.google.internal/', 'host-not-allowed'],
  ['https://ip-10-0-0-1.eu-west-1.compute.internal/', 'host-not-allowed'],
  ['https://router.home.arpa/', 'host-not-allowed'],
  ['https://server.lan/', 'host-not-allowed'],
  ['https://server.corp/', 'host-not-allowed'],
  ['https://hidden.onion/', 'host-not-allowed'],
  ['https://hooks.example.org./', 'host-not-allowed'],
  ['https://hooks..example.org/', 'host-not-allowed'],
  ['https://.example.org/', 'host-not-allowed'],
  ['https://-hooks.example.org/', 'host-not-allowed'],
  ['https://ho_oks.example.org/', 'host-not-allowed'],
  ['https://*.example.org/', 'host-not-allowed'],
  [`https://${name(64)}/`, 'host-not-allowed'],
  [`https://${'a.'.repeat(127)}org/`, 'host-not-allowed'],
  // Addresses, in every way in which they can be written.
  ['https://127.0.0.1/', 'address-not-public'],
  ['https://127.0.0.1./', 'address-not-public'],
  ['https://127.1/', 'address-not-public'],
  ['https://2130706433/', 'address-not-public'],
  ['https://0177.0.0.1/', 'address-not-public'],
  ['https://0x7f.0.0.1/', 'address-not-public'],
  ['https://0x7f000001/', 'address-not-public'],
  ['https://017700000001/', 'address-not-public'],
  ['https://%31%32%37.0.0.1/', 'address-not-public'],
  ['https://１２７.０.０.１/', 'address-not-public'],
  ['https://①②⑦.⓪.⓪.①/', 'address-not-public'],
  ['https://0/', 'address-not-public'],
  ['https://0.0.0.0/', 'address-not-public'],
  ['https://10.0.0.1/', 'address-not-public'],
  ['https://172.16.0.1/', 'address-not-public'],
  ['https://192.168.1.1/', 'address-not-public'],
  ['https://169.254.169.254/latest/meta-data/', 'address-not-public'],
  ['https://0xa9fea9fe/', 'address-not-public'],
  ['https://2852039166/', 'address-not-public'],
  ['https://100.64.0.1/', 'address-not-public'],
  ['https://224.0.0.1/', 'address-not-public'],
  ['https://255.255.255.255/', 'address-not-public'],
  ['https://[::]/', 'address-not-public'],
  ['https://[::1]/', 'address-not-public'],
  ['https://[0:0:0:0:0:0:0:1]/', 'address-not-public'],
  ['https://[::ffff:127.0.0.1]/', 'address-not-public'],
  ['https://[::ffff:7f00:1]/', 'address-not-public'],
  ['https://[::127.0.0.1]/', 'address-not-public'],
  ['https://[fd00::1]/', 'address-not-public'],
  ['https://[fd00:ec2::254]/', 'address-not-public'],
  ['https://[fe80::1]/', 'address-not-public'],
  ['https://[64:ff9b::a00:1]/', 'address-not-public'],
  ['https://[2002:7f00:1::]/', 'address-not-public'],
];

describe('the text of an address', () => {
  test.each(allowed)('%s is allowed', (given, kept) => {
    const checked = checkUrl(given, strict);
    expect(checked.ok ? checked.value.href : checked.refusal).toBe(kept);
    // What is kept is allowed again, and stays the same.
    const again = checkUrl(kept, strict);
    expect(again.ok && again.value.href).toBe(kept);
  });

  test.each(refused)('%s is refused', (given, refusal) => {
    expect(checkUrl(given, strict)).toEqual({ ok: false, refusal });
  });

  test('for development, HTTP to this machine and to no other is allowed by a setting', () => {
    expect(checkUrl('http://127.0.0.1:3000/hook', local).ok).toBe(true);
    expect(
      [
        'http://127.0.0.1/',
        'http://127.0.0.1:22/',
        'http://127.0.0.2:3000/',
        'http://localhost:3000/',
        'http://[::1]:3000/',
        'http://10.0.0.1:3000/',
        'http://hooks.example.org/',
        'https://127.0.0.1:3000/',
        'https://127.0.0.1/',
        'http://user@127.0.0.1:3000/',
      ].filter((url) => checkUrl(url, local).ok),
    ).toEqual([]);
  });

  test('nothing that is typed makes the check fail, and nothing but HTTPS passes', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'https://',
        'http://',
        '@',
        ':',
        '/',
        '\\',
        '[',
        ']',
        '::1',
        '127.1',
        '0x7f',
        '%',
        '.',
        '#',
        '例',
        'a',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          pieces.map((parts) => parts.join('')),
        ),
        (text) => {
          const checked = checkUrl(text, strict);
          return (
            !checked.ok ||
            (checked.value.protocol === 'https:' && checked.value.hostname.includes('.')) ||
            checked.value.hostname.startsWith('[')
          );
        },
      ),
    );
  });
});

// biome-ignore format: a table
const publicAddresses = [
  '1.1.1.1', '8.8.8.8', '93.184.216.34', '100.63.255.255', '100.128.0.1', '172.15.255.255', '172.32.0.1',
  '192.167.1.1', '169.253.1.1', '223.255.255.254', '2606:4700::1111', '2a00:1450:4001:80b::200e',
  '2001:4860:4860::8888', '2600:1f18::1',
];
// biome-ignore format: a table
const otherAddresses = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.0', '100.100.100.200', '100.127.255.255', '127.0.0.1',
  '127.255.255.255', '168.63.129.16', '169.254.0.1', '169.254.169.254', '169.254.170.2', '172.16.0.1',
  '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.51.100.1',
  '203.0.113.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '::', '::1', '::7f00:1',
  '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1',
  '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:7f00:1::1', '2002:808:808::1',
  '3fff::1', '5f00::1', 'fc00::1', 'fd00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1',
  '4000::1', '', 'localhost', '127.1', '0x7f000001', '2130706433', '[::1]', '8.8.8.8%eth0', '2606:4700::1111%eth0',
];

describe('an address', () => {
  test.each(publicAddresses)('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  test.each(otherAddresses)('"%s" is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  test('of IPv4 in any of the private blocks, none is public', () => {
    const blocks = fc.constantFrom(
      '10.%.%.%',
      '127.%.%.%',
      '169.254.%.%',
      '192.168.%.%',
      '0.%.%.%',
      '224.%.%.%',
      '255.%.%.%',
    );
    const byte = fc.nat({ max: 255 });
    fc.assert(
      fc.property(blocks, fc.array(byte, { minLength: 3, maxLength: 3 }), (block, bytes) => {
        const rest = [...bytes];
        const address = block.replace(/%/g, () => String(rest.pop()));
        return !isPublicAddress(address) && !isPublicAddress(`::ffff:${address}`);
      }),
    );
  });
});

describe('what a name stands for', () => {
  const open = () => new AbortController().signal;
  const check = (resolve: () => Promise<readonly string[]>, url = 'https://hooks.example.org/', signal = open()) =>
    checkDestination(url, { ...strict, resolve }, signal);

  test('has to be public, all of it', async () => {
    expect(await check(async () => ['93.184.216.34', '2606:4700::1111'])).toMatchObject({
      ok: true,
      value: { addresses: ['93.184.216.34', '2606:4700::1111'] },
    });
    for (const address of otherAddresses) {
      expect(await check(async () => ['93.184.216.34', address])).toEqual({ ok: false, refusal: 'address-not-public' });
      expect(await check(async () => [address, '93.184.216.34'])).toEqual({ ok: false, refusal: 'address-not-public' });
    }
  });

  test('has to be known', async () => {
    expect(await check(async () => [])).toEqual({ ok: false, refusal: 'not-resolved' });
    expect(await check(() => Promise.reject(new Error('ESERVFAIL')))).toEqual({ ok: false, refusal: 'not-resolved' });
  });

  test('is asked as the parser wrote it, and not at all for an address or for what is refused anyway', async () => {
    const asked: string[] = [];
    const resolve = async (asking: string) => {
      asked.push(asking);
      return ['93.184.216.34'];
    };
    await checkDestination('https://BÜCHER.example/', { ...strict, resolve }, open());
    expect(await checkDestination('https://93.184.216.34/', { ...strict, resolve }, open())).toMatchObject({
      value: { addresses: ['93.184.216.34'] },
    });
    expect(await checkDestination('https://[fd00::1]/', { ...strict, resolve }, open())).toMatchObject({ ok: false });
    expect(asked).toEqual(['xn--bcher-kva.example']);
  });

  test('is not waited for longer than the signal says', async () => {
    const controller = new AbortController();
    const checking = check(() => new Promise(() => undefined), undefined, controller.signal);
    controller.abort(new Error('over'));
    await expect(checking).rejects.toThrow('over');
    await expect(check(async () => ['93.184.216.34'], undefined, controller.signal)).rejects.toThrow('over');
  });

  test('by the name servers is nothing once it was given up', async () => {
    const controller = new AbortController();
    const asking = resolveByDns('hooks.example.invalid', controller.signal);
    controller.abort();
    expect(await asking).toEqual([]);
  });
});
