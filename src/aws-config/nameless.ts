const NAMELESS = /^(Unknown(Error)?|Error|Forbidden|BadRequest|\d+)?$/;

/** Whether that is what the SDK calls an error whose answer has no code of the service's, such as one without a body. */
export function isNameless(name: string): boolean {
  return NAMELESS.test(name);
}
