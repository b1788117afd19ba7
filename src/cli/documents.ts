/**
 * Which document of `--json` this is, and in which version: `schemas/<name>.v<version>.json` describes it. What the engine
 * makes (plan, verify, status, clean) says so itself.
 */

export type DocumentName =
  | 'alignment'
  | 'error'
  | 'emr-serverless-setup'
  | 'emr-serverless-submit'
  | 'emr-serverless-status'
  | 'emr-serverless-list'
  | 'emr-serverless-policies'
  | 'emr-serverless-alignment'
  | 'image'
  | 'partition'
  | 'upload'
  | 'sagemaker-submit';

export interface Versioned {
  document: `gs-repartition/${DocumentName}`;
  version: 1;
}

/** @param content what the schema describes beside the two fields */
export function versioned<T extends object>(name: DocumentName, content: T): Versioned & T {
  return { document: `gs-repartition/${name}`, version: 1, ...content };
}
