/** Where an answer keeps its citations, in the forms that services give them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapOf } from '../../src/init/find-map.ts';
import { resolveResponse } from '../../src/plan/presets.ts';
import { compileResponseMap } from '../../src/probes/response-map.ts';

const chunk = (at: number) => ({
  id: `c${at}`,
  url: `/docs/${at}`,
  title: `Page ${at}`,
  text: `Text ${at}.`,
});

const FORMS: readonly { name: string; document: object; citations: string[]; sections: string[] }[] = [
  {
    name: 'addresses in a list of texts',
    document: { answer: 'a', citations: ['/docs/1'], snippets: [chunk(1), chunk(2)] },
    citations: ['/docs/1'],
    sections: ['/docs/1', '/docs/2'],
  },
  {
    name: 'ids of snippets, although each has an address too',
    document: { answer: 'a', citations: ['c2'], snippets: [chunk(1), chunk(2)] },
    citations: ['c2'],
    sections: ['c1', 'c2'],
  },
  {
    name: 'titles',
    document: { answer: 'a', citations: ['Page 2'], snippets: [chunk(1), chunk(2)] },
    citations: ['Page 2'],
    sections: ['Page 1', 'Page 2'],
  },
  {
    name: 'a list of objects under another name than snippets have',
    document: {
      answer: 'a',
      citations: [{ url: '/docs/2', quote: 'q' }],
      retrieved: [{ section_id: '/docs/2', text: 't' }],
    },
    citations: ['/docs/2'],
    sections: ['/docs/2'],
  },
  {
    name: 'objects with the address deeper down',
    document: { answer: 'a', citations: [{ metadata: { source: '/docs/1' } }], hits: [chunk(1)] },
    citations: ['/docs/1'],
    sections: ['/docs/1'],
  },
  {
    name: 'sources beside the documents that were delivered',
    document: { answer: 'a', sources: ['/docs/2'], documents: [chunk(1), chunk(2)] },
    citations: ['/docs/2'],
    sections: ['/docs/1', '/docs/2'],
  },
  {
    name: 'none of their own: what was delivered stands in',
    document: { answer: 'a', snippets: [chunk(1), chunk(2)] },
    citations: ['/docs/1', '/docs/2'],
    sections: ['/docs/1', '/docs/2'],
  },
  {
    name: 'the contract, which needs nothing said',
    document: {
      answer: 'a',
      citations: [{ section_id: 's1' }],
      retrieved: [{ snippet_id: 'c1', section_id: 's1', text: 't' }],
    },
    citations: ['s1'],
    sections: ['s1'],
  },
];

void describe('the map of an answer', () => {
  for (const { name, document, citations, sections } of FORMS)
    void it(`reads citations: ${name}`, () => {
      const { response, missing } = mapOf(document, new Headers({ 'x-index-hash': 'h' }), 'answer');
      const read = compileResponseMap(resolveResponse(response))(document, new Headers());
      assert.deepEqual(missing, []);
      assert.deepEqual(read.citations, citations);
      assert.deepEqual(
        read.retrieved.map(({ section_id }) => section_id),
        sections,
      );
    });

  void it('says that an answer cited nothing, and that nothing can be read where it names no section', () => {
    const said = (citations: unknown): string =>
      mapOf({ answer: 'a', citations, retrieved: [chunk(1)] }, new Headers(), 'answer').missing.join('\n');
    assert.match(said([]), /cited nothing.*probes\.response\.citations/);
    assert.match(said([{ number: [1] }]), /the sections that an answer cites.*probes\.response\.citations/);
  });
});
