import { describe, expect, test } from '@jest/globals';
import { addressFilter, isNetwork } from '../../src/models/networkAddress.ts';

const withoutPermission = addressFilter([]);

describe('without permission', () => {
  test.each([
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1']],
    ['the metadata of clouds', ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192']],
    ['link-local', ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ['shared by carriers', ['100.64.0.1', '100.127.255.255']],
    ['unique local, and what site-local was', ['fc00::1', 'fdff::1', 'fec0::1']],
    ['nothing', ['0.0.0.0', '0.1.2.3', '::']],
    ['everybody', ['255.255.255.255', '224.0.0.1', '239.255.255.250', 'ff02::1']],
    ['reserved', ['240.0.0.1', '192.0.0.1', '192.88.99.1', '4000::1', '::2', '100::1', '5f00::1']],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
    ['benchmarks', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
    ['IPv4 in IPv6', ['::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', '::a00:1', '::ffff:0:127.0.0.1']],
    ['NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::8.8.8.8']],
    ['tunnels', ['2002:7f00:1::', '2002:a00:1::1', '2001::1', '2001:0:7f00:1::1']],
    [
      'no address',
      ['', 'localhost', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '8.8.8.8/8', '[::1]'],
    ],
  ])('%s is not called', (_what, addresses) => {
    expect(addresses.filter(withoutPermission)).toEqual([]);
  });

  test('the internet is', () => {
    const addresses = [
      ...[
        '1.1.1.1',
        '8.8.8.8',
        '172.15.0.1',
        '172.32.0.1',
        '11.0.0.1',
        '100.63.0.1',
        '100.128.0.1',
        '223.255.255.254',
      ],
      ...['2606:4700:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
    ];
    expect(addresses.filter((address) => !withoutPermission(address))).toEqual([]);
  });
});

describe('what is permitted', () => {
  test('is what was named, in whichever form it comes', () => {
    const admits = addressFilter(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32', '::1']);
    const called = [
      '10.1.255.255',
      '127.0.0.1',
      'fd00:1:2::3',
      '::1',
      '::ffff:10.1.0.1',
      '64:ff9b::10.1.0.1',
    ];
    expect(called.filter((address) => !admits(address))).toEqual([]);
    const others = ['10.2.0.1', '127.0.0.2', 'fd00:2::1', '::2', '::ffff:127.0.0.2', '169.254.169.254'];
    expect(others.filter(admits)).toEqual([]);
    expect(admits('8.8.8.8')).toBe(true);
  });

  test.each([
    '10.0.0.0/0',
    '::/0',
    '10.0.0/8',
    '10.0.0.0/33',
    'fd00::/129',
    'localhost',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '',
  ])('%j is no network that could be', (text) => expect(isNetwork(text)).toBe(false));
});
