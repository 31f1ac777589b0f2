// What the console's files may not contain, read off the files.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CONSOLE, files } from './server.js';

const sources = new Map();
for (const name of await files()) sources.set(name, await readFile(new URL(name, CONSOLE), 'utf8'));
const scripts = [...sources].filter(([name]) => name.endsWith('.js'));

test('no text of the API can become markup or code', () => {
  for (const [name, source] of scripts) {
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|setTimeout\(['"`]/, name);
  }
});

test('the page has no script, style or handler in its markup', () => {
  assert.doesNotMatch(sources.get('index.html'), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/);
});

test('no file names an address outside of the page, but for the names of XML', () => {
  for (const [name, source] of sources) {
    const addresses = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '').match(/(https?:)?\/\/[\w.-]+\.[a-z]{2,}[^\s'"`]*/g) ?? [];
    assert.deepEqual(addresses.filter((address) => !address.startsWith('http://www.w3.org/2000/svg') && !address.startsWith('//www.w3.org/TR')), [], name);
  }
});

test('every file that is imported or linked is there, and every file that is there is used', () => {
  const used = new Set(['index.html']);
  for (const [name, source] of sources) {
    const found = name === 'index.html' ? source.matchAll(/"\/assets\/([\w.]+)"/g) : source.matchAll(/from '\.\/([\w.]+)'/g);
    for (const [, file] of found) {
      assert.ok(sources.has(file), `${name} wants ${file}`);
      used.add(file);
    }
  }
  assert.deepEqual([...sources.keys()].filter((name) => !used.has(name)), []);
});

test('no file has more than 300 lines', () => {
  assert.deepEqual([...sources].filter(([, source]) => source.split('\n').length > 300).map(([name]) => name), []);
});
