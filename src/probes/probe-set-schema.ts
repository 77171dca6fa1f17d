/**
 * What the files of a probe set may hold.
 *
 * Invariant: everything is bounded; a probe set may come from somewhere else and must not exhaust the worker.
 */
import { z } from 'zod';

export const LIMITS = {
  /** Bytes of one file. */
  fileBytes: 64 * 1024 * 1024,
  /** Lines of one file. */
  lines: 100_000,
  /** Characters of a section. */
  sectionChars: 200_000,
  /** Characters of a question or paraphrase. */
  questionChars: 4_000,
} as const;

const id = z.string().min(1).max(300);
const question = z.string().trim().min(1).max(LIMITS.questionChars);

export const manifestSchema = z.object({
  name: z.string().min(1).max(100),
  version: z.string().min(1).max(50),
  license: z.string().max(500).optional(),
  createdBy: z.string().max(200).optional(),
  /** Checked against the sections when given. */
  corpusHash: z.string().max(100).optional(),
  tokenizer: z.literal('intl-word').optional(),
  embedderHint: z.string().max(100).optional(),
  counts: z.record(z.string(), z.unknown()).optional(),
  /** Paths relative to the manifest. */
  probes: z.string().min(1).max(300).default('probes.jsonl'),
  sections: z.string().min(1).max(300).default('sections.jsonl'),
  /** sha256 (hex) by relative path; other files than the set's own are not looked at. */
  sha256: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/u)).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;

export const sectionSchema = z.object({
  section_id: id,
  doc_id: id,
  title: z.string().max(1_000),
  source_url: z.string().max(2_000),
  text: z.string().max(LIMITS.sectionChars),
  rev: z.string().max(200),
  topic: z.string().max(100),
});

const span = z.tuple([z.number().int().min(0), z.number().int().min(1)]);

/** Texts of an answer. */
const said = z.array(z.string().min(1).max(500)).max(50);
const patterns = z.array(z.string().min(1).max(1_000)).max(50);

export const probeSchema = z.object({
  id,
  topic: z.string().min(1).max(100),
  question,
  paraphrases: z.array(question).length(3, 'exactly 3 paraphrases are sent'),
  answerable: z.boolean(),
  targets: z
    .array(
      z.object({
        section_id: id,
        spans: z.array(span).max(50).optional(),
        weight: z.number().positive().max(100).optional(),
      }),
    )
    .max(20),
  decoys: z.array(id).max(20).default([]),
  anchor: z.string().max(10_000).optional(),
  must_include: said.optional(),
  must_not_include: said.optional(),
  expect: z
    .object({
      contains: said.optional(),
      notContains: said.optional(),
      matches: patterns.optional(),
      notMatches: patterns.optional(),
      jsonSchema: z.unknown().optional(),
    })
    .optional(),
  author: z.string().max(200),
  reviewed_by: z.string().max(200).optional(),
  origin: z.string().max(100),
  tags: z.array(z.string().max(100)).max(50).optional(),
});
